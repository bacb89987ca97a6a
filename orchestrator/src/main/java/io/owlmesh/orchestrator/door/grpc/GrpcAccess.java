// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.grpc;

import io.grpc.Attributes;
import io.grpc.Context;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.Status;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.identity.CallerLimits.Kind;
import io.owlmesh.orchestrator.audit.AuditLog;
import io.owlmesh.orchestrator.audit.AuditNote;
import io.owlmesh.orchestrator.audit.Refusal;
import io.owlmesh.orchestrator.identity.Authenticator;
import io.owlmesh.orchestrator.limits.RateLimits;
import io.owlmesh.wire.Faults;
import io.owlmesh.wire.identity.Access;
import io.owlmesh.wire.identity.AccessPolicy;
import io.owlmesh.wire.identity.Caller;
import io.owlmesh.wire.identity.OngoingCall;
import io.quarkus.arc.Unremovable;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Asks every gRPC call for its credential: {@code authorization: Bearer KEY_OR_TOKEN}. */
@Singleton
@Unremovable
public final class GrpcAccess implements AccessPolicy {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final InetSocketAddress NOWHERE = InetSocketAddress.createUnresolved("", 0);

  private final Authenticator authenticator;
  private final RateLimits limits;
  private final AuditLog audit;

  @Inject
  public GrpcAccess(Authenticator authenticator, RateLimits limits, AuditLog audit) {
    this.authenticator = authenticator;
    this.limits = limits;
    this.audit = audit;
  }

  @Override
  public CompletionStage<Caller> admit(Access needed, Metadata headers, Attributes connection) {
    String credential = Authenticator.bearer(authorizations(headers));
    InetSocketAddress from =
        connection.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR) instanceof InetSocketAddress known
            ? known
            : NOWHERE;
    return authenticator
        .admit(credential, from, needed)
        .whenComplete((_, failure) -> {
          if (failure != null) {
            audit.refused(Refusal.of(credential, failure));
          }
        });
  }

  private static List<String> authorizations(Metadata headers) {
    List<String> all = new ArrayList<>();
    Iterable<String> there = headers.getAll(AUTHORIZATION);
    if (there != null) {
      there.forEach(all::add);
    }
    return all;
  }

  @Override
  public OngoingCall enter(Caller caller, String method) {
    AuditNote note = new AuditNote();
    SpanContext span = Span.current().getSpanContext();
    String trace = span.isValid() ? span.getTraceId() : "";
    try {
      limits.take(caller, Kind.REQUESTS, 1);
      return new Noted(caller, method, trace, note, limits.hold(caller, Kind.STREAMS, 1));
    } catch (OwlException e) {
      audit.request(caller, method, "", trace, e.code().label());
      throw e;
    }
  }

  /** A call whose end is counted and noted. */
  private final class Noted implements OngoingCall {
    private final Caller caller;
    private final String method;
    private final String trace;
    private final AuditNote note;
    private final Runnable leave;

    Noted(Caller caller, String method, String trace, AuditNote note, Runnable leave) {
      this.caller = caller;
      this.method = method;
      this.trace = trace;
      this.note = note;
      this.leave = leave;
    }

    @Override
    public Context in(Context context) {
      return note.in(context);
    }

    @Override
    public void ended(Status status, Metadata trailers) {
      leave.run();
      String outcome =
          status.isOk()
              ? "ok"
              : Faults.fromStatus(status.asRuntimeException(trailers)).code().label();
      audit.request(caller, method, note.session(), trace, outcome);
    }
  }

  @Override
  public boolean needsCertificates() {
    return false;
  }

  @Override
  public void requireMayListen(String host) {
    authenticator.requireMayListen(host);
  }
}
