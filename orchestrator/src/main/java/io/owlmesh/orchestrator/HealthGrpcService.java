// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator;

import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;
import jakarta.inject.Inject;

/** Health v1 as the stages make it; Quarkus' own says SERVING as soon as it listens. */
@GrpcService
public class HealthGrpcService extends HealthGrpc.HealthImplBase {
  private final HealthGrpc.HealthImplBase service;

  @Inject
  HealthGrpcService(Front front) {
    this.service = (HealthGrpc.HealthImplBase) front.health().getHealthService();
  }

  @Override
  public void check(HealthCheckRequest request, StreamObserver<HealthCheckResponse> response) {
    service.check(request, response);
  }

  @Override
  public void watch(HealthCheckRequest request, StreamObserver<HealthCheckResponse> response) {
    service.watch(request, response);
  }
}
