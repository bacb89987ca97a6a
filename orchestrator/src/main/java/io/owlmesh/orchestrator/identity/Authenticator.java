// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.identity;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.identity.ApiKey.Secret;
import io.owlmesh.core.identity.CallerLimits;
import io.owlmesh.core.identity.Role;
import io.owlmesh.wire.identity.Access;
import io.owlmesh.wire.identity.Caller;
import io.owlmesh.wire.identity.Hosts;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * Says who a credential belongs to, the same for both doors. Once keys or tokens are configured,
 * nobody comes in without one; before that, a caller is its address.
 */
@Singleton
public final class Authenticator {
  private static final Duration EVERY = Duration.ofSeconds(1);
  private static final Duration PAUSE = Duration.ofSeconds(10);
  private static final String BEARER = "bearer ";

  /** A credential that is no key and no token. */
  public static final String NOBODYS = "";

  private final ApiKeys keys;
  private final Optional<WebTokens> tokens;
  private final boolean allowAnonymous;
  // The keys of an issuer are waited for.
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  @Inject
  public Authenticator(IdentityConfig config) {
    this(config, EVERY, PAUSE);
  }

  /**
   * @param every how often the file of keys is looked at
   * @param pause between two questions for the keys of an issuer
   */
  Authenticator(IdentityConfig config, Duration every, Duration pause) {
    keys = new ApiKeys(config.keys(), every);
    tokens = WebTokens.of(config, pause);
    allowAnonymous = config.allowAnonymous();
  }

  /** Limits by {@code key:ID} and tenant that differ from those of the settings. */
  public Map<String, CallerLimits> limits() {
    return keys.limits();
  }

  /** Whether a caller needs a credential. */
  public boolean isRequired() {
    return keys.areUsed() || tokens.isPresent();
  }

  /**
   * The credential of the {@code Authorization} headers of a request; null if there is none, or it
   * is of another kind. Several are nobody's: a proxy may have looked at another one.
   */
  public static @Nullable String bearer(List<String> headers) {
    if (headers.size() > 1) {
      return NOBODYS;
    }
    return headers.isEmpty()
            || !headers.getFirst().regionMatches(true, 0, BEARER, 0, BEARER.length())
        ? null
        : headers.getFirst().substring(BEARER.length()).strip();
  }

  /**
   * Lets a caller in who may do what is needed.
   *
   * @param credential an API key or a token; null for none
   * @param from where the caller is
   * @param needed by the method or route
   * @return the caller; or fails with UNAUTHENTICATED or FORBIDDEN, in the same words whatever is
   *     wrong
   */
  public CompletionStage<Caller> admit(
      @Nullable String credential, InetSocketAddress from, Access needed) {
    Caller anonymous = Caller.anonymous(from);
    if (!isRequired()) {
      return permit(anonymous, needed);
    }
    if (needed == Access.ANYBODY) {
      return permit(new Caller(anonymous.id(), "", Set.of()), needed);
    }
    if (credential == null) {
      return CompletableFuture.failedFuture(unauthenticated());
    }
    Optional<Secret> key = Secret.of(credential);
    if (key.isPresent() || tokens.isEmpty()) {
      return permit(key.flatMap(keys::caller), needed);
    }
    WebTokens issued = tokens.get();
    return CompletableFuture.supplyAsync(() -> issued.caller(credential), threads)
        .thenCompose(caller -> permit(caller, needed));
  }

  private static CompletionStage<Caller> permit(Optional<Caller> caller, Access needed) {
    return caller
        .map(known -> permit(known, needed))
        .orElseGet(() -> CompletableFuture.failedFuture(unauthenticated()));
  }

  private static CompletionStage<Caller> permit(Caller caller, Access needed) {
    boolean may =
        switch (needed) {
          case ANYBODY -> true;
          case USER -> caller.may(Role.USER);
          case TENANT_OPERATOR -> caller.may(Role.OPERATOR);
          case OPERATOR, ORCHESTRATOR -> caller.runsMesh(Role.OPERATOR);
          case TENANT_ADMIN -> caller.may(Role.ADMIN);
          case ADMIN -> caller.runsMesh(Role.ADMIN);
          case NOBODY -> false;
        };
    return may
        ? CompletableFuture.completedFuture(caller)
        : CompletableFuture.failedFuture(
            new OwlException(Fault.FORBIDDEN, "", "the caller may not do this"));
  }

  private static OwlException unauthenticated() {
    return new OwlException(
        Fault.UNAUTHENTICATED, "", "a valid API key or token is needed, as a bearer credential");
  }

  /**
   * Nothing happens if a server may listen there.
   *
   * @throws OwlException BAD_INPUT if anybody on the network could come in
   */
  public void requireMayListen(String host) {
    if (!isRequired() && !allowAnonymous && !Hosts.isLoopback(host)) {
      throw OwlException.badInput(
          "owl.host",
          "'%s' is reached from other machines, and nobody is asked for a key: make one with ./owl keys create, or set OWL_ALLOW_ANONYMOUS=true"
              .formatted(host));
    }
  }

  @PreDestroy
  void close() {
    keys.close();
    threads.shutdownNow();
  }
}
