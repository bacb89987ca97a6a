// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.grpc;

import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.StreamObserver;
import io.owlmesh.core.identity.Tenant;
import io.owlmesh.orchestrator.pipeline.AdmissionControl;
import io.owlmesh.orchestrator.session.Sessions;
import io.owlmesh.proto.admin.v1.AdminGrpc;
import io.owlmesh.proto.admin.v1.DeleteTenantRequest;
import io.owlmesh.proto.admin.v1.DeleteTenantResponse;
import io.owlmesh.wire.Responses;
import io.owlmesh.wire.Wire;
import io.quarkus.grpc.GrpcService;
import jakarta.inject.Inject;

/** Tenants for their administrators. */
@GrpcService
public class AdminGrpcService implements AdminGrpc.AsyncService, BindableService {
  private final Sessions sessions;
  private final AdmissionControl answers;

  @Inject
  AdminGrpcService(Sessions sessions, AdmissionControl answers) {
    this.sessions = sessions;
    this.answers = answers;
  }

  @Override
  public ServerServiceDefinition bindService() {
    return Wire.bind(AdminGrpc.bindService(this));
  }

  @Override
  public void deleteTenant(
      DeleteTenantRequest request, StreamObserver<DeleteTenantResponse> response) {
    answers.execute(
        Context.current()
            .wrap(() ->
                Responses.unary(
                    response,
                    () -> {
                      Sessions.Deleted deleted = sessions.delete(new Tenant(request.getTenant()));
                      return DeleteTenantResponse.newBuilder()
                          .setSessions(deleted.sessions())
                          .setImageBytes(deleted.imageBytes())
                          .build();
                    })));
  }
}
