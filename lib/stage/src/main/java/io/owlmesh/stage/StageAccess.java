// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import io.grpc.Attributes;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.identity.Role;
import io.owlmesh.wire.identity.Access;
import io.owlmesh.wire.identity.AccessPolicy;
import io.owlmesh.wire.identity.Caller;
import io.owlmesh.wire.identity.CallerHeader;
import io.owlmesh.wire.identity.Hosts;
import io.owlmesh.wire.identity.SpiffeId;
import io.owlmesh.wire.tls.MeshTls;
import io.quarkus.arc.DefaultBean;
import io.quarkus.arc.Unremovable;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.InetSocketAddress;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.jboss.logging.Logger;

/**
 * Who may call a stage. With certificates: the orchestrator, also for its callers; and for adapters
 * and statistics, those who publish. Without, whoever reaches it, which is why it then listens on
 * loopback alone. In a process with a front door, that decides instead.
 */
@Singleton
@DefaultBean
@Unremovable
public final class StageAccess implements AccessPolicy {
  private static final Logger LOG = Logger.getLogger(StageAccess.class);
  private static final String REFUSED = "the caller may not do this";

  private final boolean encrypted;
  private final boolean allowAnonymous;
  private final Set<String> callers;
  private final Set<String> publishers;

  /**
   * @param callers services that may use a stage and speak for others
   * @param publishers services that may change adapters and read statistics
   */
  @Inject
  public StageAccess(
      MeshTls tls,
      @ConfigProperty(name = "owl.allow-anonymous", defaultValue = "false") boolean allowAnonymous,
      @ConfigProperty(name = "owl.callers", defaultValue = "orchestrator") List<String> callers,
      @ConfigProperty(name = "owl.publishers", defaultValue = "trainer,operator")
          List<String> publishers) {
    this.encrypted = tls.isOn();
    this.allowAnonymous = allowAnonymous;
    this.callers = Set.copyOf(callers);
    this.publishers = Set.copyOf(publishers);
  }

  @Override
  public CompletionStage<Caller> admit(Access needed, Metadata headers, Attributes connection) {
    try {
      if (needed == Access.NOBODY) {
        throw new OwlException(Fault.FORBIDDEN, "", REFUSED);
      }
      return CompletableFuture.completedFuture(
          encrypted ? known(needed, headers, connection) : local(needed, headers, connection));
    } catch (OwlException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** Of a service that shows a certificate. */
  private Caller known(Access needed, Metadata headers, Attributes connection) {
    Optional<SpiffeId> peer = SpiffeId.of(connection);
    String service = peer.map(SpiffeId::name).orElse("");
    Caller itself = new Caller("service:" + service, "", EnumSet.allOf(Role.class));
    if (needed == Access.ANYBODY) {
      return itself;
    }
    if (callers.contains(service)) {
      // What it does of its own accord, as asking for weights, is for nobody.
      return CallerHeader.of(headers).map(caller -> allowed(caller, needed)).orElse(itself);
    }
    if (needed != Access.ORCHESTRATOR && publishers.contains(service)) {
      return itself;
    }
    LOG.warnf(
        "Refused a call of %s; expected is one of %s",
        peer.map(SpiffeId::toString).orElse("a client without an identity"),
        needed == Access.ORCHESTRATOR ? callers : publishers);
    throw new OwlException(Fault.FORBIDDEN, "", REFUSED);
  }

  /** Of whoever reaches this machine. */
  private static Caller local(Access needed, Metadata headers, Attributes connection) {
    return CallerHeader.of(headers)
        .map(caller -> allowed(caller, needed))
        .orElseGet(() ->
            connection.get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR) instanceof InetSocketAddress from
                ? Caller.anonymous(from)
                : new Caller("", "", EnumSet.allOf(Role.class)));
  }

  /** The doors have checked the same; a stage does not rely on it. */
  private static Caller allowed(Caller caller, Access needed) {
    boolean may =
        switch (needed) {
          case ANYBODY -> true;
          case USER, ORCHESTRATOR -> caller.may(Role.USER);
          case TENANT_OPERATOR -> caller.may(Role.OPERATOR);
          case OPERATOR -> caller.runsMesh(Role.OPERATOR);
          case TENANT_ADMIN -> caller.may(Role.ADMIN);
          case ADMIN, NOBODY -> caller.runsMesh(Role.ADMIN);
        };
    if (!may) {
      throw new OwlException(Fault.FORBIDDEN, "", REFUSED);
    }
    return caller;
  }

  @Override
  public boolean needsCertificates() {
    return true;
  }

  @Override
  public void requireMayListen(String host) {
    if (!encrypted && !allowAnonymous && !Hosts.isLoopback(host)) {
      throw OwlException.badInput(
          "owl.host",
          "'%s' is reached from other machines, and a stage without certificates lets in whoever reaches it: set OWL_TLS, or OWL_ALLOW_ANONYMOUS=true"
              .formatted(host));
    }
  }
}
