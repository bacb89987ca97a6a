// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.grpc;

import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.owlmesh.core.identity.CallerLimits.Kind;
import io.owlmesh.orchestrator.identity.Authenticator;
import io.owlmesh.orchestrator.limits.RateLimits;
import io.owlmesh.wire.identity.Access;
import io.owlmesh.wire.identity.AccessPolicy;
import io.owlmesh.wire.identity.Caller;
import io.quarkus.arc.Unremovable;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.InetSocketAddress;
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

  @Inject
  public GrpcAccess(Authenticator authenticator, RateLimits limits) {
    this.authenticator = authenticator;
    this.limits = limits;
  }

  @Override
  public CompletionStage<Caller> admit(Access needed, Metadata headers, Attributes connection) {
    return authenticator.admit(
        Authenticator.bearer(headers.get(AUTHORIZATION)),
        connection.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR) instanceof InetSocketAddress from
            ? from
            : NOWHERE,
        needed);
  }

  @Override
  public Runnable enter(Caller caller) {
    limits.take(caller, Kind.REQUESTS, 1);
    return limits.hold(caller, Kind.STREAMS, 1);
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
