// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire.telemetry;

import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.owlmesh.wire.HealthService;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** {@code /q/health/ready} says what the health protocol says of the whole server. */
@Readiness
@Singleton
public final class ReadinessProbe implements HealthCheck {
  private final Instance<HealthService> services;

  @Inject
  ReadinessProbe(@Any Instance<HealthService> services) {
    this.services = services;
  }

  @Override
  public HealthCheckResponse call() {
    boolean serving =
        services.stream().allMatch(service -> service.status() == ServingStatus.SERVING);
    return HealthCheckResponse.named("serving").status(serving).build();
  }
}
