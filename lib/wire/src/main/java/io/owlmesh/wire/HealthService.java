// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire;

import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Health v1 that says SERVING when the work behind a service can be done, and not as soon as its
 * port is open.
 */
public class HealthService implements HealthGrpc.AsyncService, BindableService {
  private final HealthGrpc.HealthImplBase service;

  /**
   * @param statuses what to say; see {@link #starting}
   */
  protected HealthService(HealthStatusManager statuses) {
    this.service = (HealthGrpc.HealthImplBase) statuses.getHealthService();
  }

  /** Statuses of a server with one service of its own, not serving yet. */
  public static HealthStatusManager starting(String service) {
    HealthStatusManager statuses = new HealthStatusManager();
    tell(statuses, service, ServingStatus.NOT_SERVING);
    return statuses;
  }

  /** Sets the status of the server and of its service. */
  public static void tell(HealthStatusManager statuses, String service, ServingStatus status) {
    statuses.setStatus(HealthStatusManager.SERVICE_NAME_ALL_SERVICES, status);
    statuses.setStatus(service, status);
  }

  /** What is said of the whole server now. */
  public ServingStatus status() {
    AtomicReference<ServingStatus> said = new AtomicReference<>(ServingStatus.UNKNOWN);
    service.check(
        HealthCheckRequest.getDefaultInstance(),
        new StreamObserver<>() {
          @Override
          public void onNext(HealthCheckResponse response) {
            said.set(response.getStatus());
          }

          @Override
          public void onError(Throwable unknownService) {}

          @Override
          public void onCompleted() {}
        });
    return said.get();
  }

  @Override
  public ServerServiceDefinition bindService() {
    return Wire.bind(HealthGrpc.bindService(this));
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
