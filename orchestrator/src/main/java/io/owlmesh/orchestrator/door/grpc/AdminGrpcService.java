// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.grpc;

import com.google.protobuf.Timestamp;
import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.identity.Tenant;
import io.owlmesh.orchestrator.pipeline.AdmissionControl;
import io.owlmesh.orchestrator.session.Sessions;
import io.owlmesh.orchestrator.store.AuditRow;
import io.owlmesh.orchestrator.store.AuditStore;
import io.owlmesh.proto.admin.v1.AdminGrpc;
import io.owlmesh.proto.admin.v1.DeleteTenantRequest;
import io.owlmesh.proto.admin.v1.DeleteTenantResponse;
import io.owlmesh.proto.admin.v1.ListAuditRequest;
import io.owlmesh.proto.admin.v1.ListAuditResponse;
import io.owlmesh.wire.Responses;
import io.owlmesh.wire.Wire;
import io.owlmesh.wire.identity.Caller;
import io.quarkus.grpc.GrpcService;
import jakarta.inject.Inject;
import java.time.Instant;

/** Tenants and the audit for their administrators and operators. */
@GrpcService
public class AdminGrpcService implements AdminGrpc.AsyncService, BindableService {
  private static final int USUAL_ROWS = 1_000;
  private static final int MOST_ROWS = 100_000;
  private static final long LATEST = 200_000_000_000L; // Seconds, in the year 8307.

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
  public void listAudit(ListAuditRequest request, StreamObserver<ListAuditResponse> responses) {
    OutboundStream<ListAuditResponse> out =
        new OutboundStream<>((ServerCallStreamObserver<ListAuditResponse>) responses);
    ((ServerCallStreamObserver<ListAuditResponse>) responses).setOnCancelHandler(() -> {});
    answers.execute(
        Context.current()
            .wrap(() -> {
              try {
                list(request, out);
                out.complete();
              } catch (RuntimeException e) {
                out.fail(e);
              }
            }));
  }

  private void list(ListAuditRequest request, OutboundStream<ListAuditResponse> out) {
    AuditStore.Filter filter =
        new AuditStore.Filter(
            Instant.ofEpochSecond(
                Math.clamp(request.getSince().getSeconds(), 0, LATEST),
                request.getSince().getNanos()),
            tenant(request.getTenant()),
            request.getCaller(),
            request.getLimit() == 0 ? USUAL_ROWS : request.getLimit());
    if (filter.most() < 1 || filter.most() > MOST_ROWS) {
      throw OwlException.badInput("limit", filter.most() + ", allowed are 1 to " + MOST_ROWS);
    }
    answers
        .audit()
        .store()
        .ifPresent(audit -> audit.list(filter, row -> out.sendWhenReady(message(row))));
  }

  /** Of which tenant the current caller sees rows; empty for all. */
  private static String tenant(String asked) {
    Tenant own = Caller.currentOwner();
    if (!own.isDefault() && !asked.isEmpty() && !asked.equals(own.name())) {
      throw new OwlException(Fault.FORBIDDEN, "tenant", "is not the caller's");
    }
    return own.isDefault() ? asked : own.name();
  }

  private static ListAuditResponse message(AuditRow row) {
    Instant time = row.time();
    return ListAuditResponse.newBuilder()
        .setTime(Timestamp.newBuilder().setSeconds(time.getEpochSecond()).setNanos(time.getNano()))
        .setTenant(row.tenant())
        .setCaller(row.caller())
        .setMethod(row.method())
        .setSession(row.session())
        .setTraceId(row.traceId())
        .addAllImages(row.images())
        .setPromptTokens(row.promptTokens())
        .setAnswerTokens(row.answerTokens())
        .setOutcome(row.outcome())
        .build();
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
