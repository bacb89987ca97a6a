// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.identity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.jwk.source.RateLimitReachedException;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.Sha256;
import io.owlmesh.core.identity.Role;
import io.owlmesh.core.identity.Tenant;
import io.owlmesh.wire.identity.Caller;
import java.net.MalformedURLException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * JSON Web Tokens of one issuer (RFC 7519, 9068), as OpenID Connect providers make them. The keys
 * of the issuer are kept, asked for again every five minutes and when a token names an unknown one,
 * and used for an hour if the issuer does not answer. A token that was right is believed for ten
 * seconds, and never beyond its end: to verify a signature takes more than a millisecond.
 */
final class WebTokens {
  private static final Logger LOG = Logger.getLogger(WebTokens.class);
  private static final int MAX_LENGTH = 8 << 10;
  private static final int MAX_KEYS_BYTES = 256 << 10;
  private static final int PATIENCE_MILLIS = 2_000;
  private static final long OUTAGE_MILLIS = Duration.ofHours(1).toMillis();
  private static final int MAX_SUBJECT = 255;
  private static final Duration BELIEVED = Duration.ofSeconds(10);
  private static final int MAX_BELIEVED = 10_000;

  private static final Set<JWSAlgorithm> SIGNATURES =
      Set.of(
          JWSAlgorithm.RS256,
          JWSAlgorithm.RS384,
          JWSAlgorithm.RS512,
          JWSAlgorithm.PS256,
          JWSAlgorithm.PS384,
          JWSAlgorithm.PS512,
          JWSAlgorithm.ES256,
          JWSAlgorithm.ES384,
          JWSAlgorithm.ES512);

  private final DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
  private final Cache<String, Believed> believed =
      Caffeine.newBuilder()
          .maximumSize(MAX_BELIEVED)
          .expireAfterWrite(BELIEVED)
          .executor(Runnable::run)
          .build();
  private final List<String> rolesClaim;
  private final List<String> tenantClaim;

  private WebTokens(IdentityConfig config, String issuer, String audience, URI keys, long pause) {
    rolesClaim = List.of(config.jwtRoles().split("\\.", -1));
    tenantClaim = List.of(config.jwtTenant().split("\\.", -1));
    processor.setJWSTypeVerifier(
        new DefaultJOSEObjectTypeVerifier<>(
            JOSEObjectType.JWT, new JOSEObjectType("at+jwt"), null));
    processor.setJWSKeySelector(new JWSVerificationKeySelector<>(SIGNATURES, source(keys, pause)));
    processor.setJWTClaimsSetVerifier(
        new DefaultJWTClaimsVerifier<>(
            Set.of(audience),
            new JWTClaimsSet.Builder().issuer(issuer).build(),
            Set.of("sub", "exp"),
            Set.of()));
  }

  private record Believed(Caller caller, Instant end) {}

  private static JWKSource<SecurityContext> source(URI keys, long pause) {
    try {
      return JWKSourceBuilder.create(
              keys.toURL(),
              new DefaultResourceRetriever(PATIENCE_MILLIS, PATIENCE_MILLIS, MAX_KEYS_BYTES))
          .rateLimited(pause)
          .outageTolerant(OUTAGE_MILLIS)
          .build();
    } catch (MalformedURLException | IllegalArgumentException e) {
      throw OwlException.badInput("owl.jwt-jwks", "'" + keys + "' is no URL");
    }
  }

  /**
   * Tokens as they are configured; empty if they are not.
   *
   * @param pause between two questions for the issuer's keys, at least
   * @throws OwlException BAD_INPUT if there is an issuer, and something else is missing
   */
  static Optional<WebTokens> of(IdentityConfig config, Duration pause) {
    return config
        .jwtIssuer()
        .map(issuer ->
            new WebTokens(
                config,
                issuer,
                required("owl.jwt-audience", config.jwtAudience()),
                required("owl.jwt-jwks", config.jwtJwks()),
                pause.toMillis()));
  }

  private static <T> T required(String name, Optional<T> value) {
    return value.orElseThrow(() -> OwlException.badInput(name, "is needed with owl.jwt-issuer"));
  }

  /** Whose token it is; empty if it is none, wrong, expired or for somebody else. May wait. */
  Optional<Caller> caller(String token) {
    if (token.length() > MAX_LENGTH) {
      return Optional.empty();
    }
    String digest = Sha256.hex(List.of(ByteBuffer.wrap(token.getBytes(StandardCharsets.UTF_8))));
    Believed before = believed.getIfPresent(digest);
    if (before != null && Instant.now().isBefore(before.end())) {
      return Optional.of(before.caller());
    }
    try {
      JWTClaimsSet claims = processor.process(token, null);
      Optional<Caller> caller = caller(claims);
      Instant end = claims.getExpirationTime().toInstant();
      caller.ifPresent(one -> believed.put(digest, new Believed(one, end)));
      return caller;
    } catch (RateLimitReachedException e) {
      // Whoever names keys that nobody has shall fill no log by that.
      LOG.debug("The issuer of tokens was asked a moment ago");
      return Optional.empty();
    } catch (KeySourceException e) {
      LOG.warnf("The keys of the issuer of tokens cannot be had: %s", e.getMessage());
      return Optional.empty();
    } catch (ParseException | BadJOSEException | JOSEException e) {
      LOG.debugf("A token was refused: %s", e.getMessage());
      return Optional.empty();
    }
  }

  private Optional<Caller> caller(JWTClaimsSet claims) {
    String subject = claims.getSubject();
    Object named = claim(claims, tenantClaim);
    String tenant = named == null ? Tenant.DEFAULT.name() : named.toString();
    if (subject.isEmpty() || subject.length() > MAX_SUBJECT || !Tenant.isName(tenant)) {
      return Optional.empty();
    }
    Set<Role> roles = EnumSet.noneOf(Role.class);
    Object told = claim(claims, rolesClaim);
    if (told instanceof Collection<?> all) {
      all.forEach(role -> Role.of(String.valueOf(role)).ifPresent(roles::add));
    } else if (told instanceof String text) {
      List.of(text.split(" ", -1)).forEach(role -> Role.of(role).ifPresent(roles::add));
    }
    return Optional.of(new Caller("sub:" + subject, tenant, roles));
  }

  /** A claim, or one within another, as {@code realm_access.roles}. */
  private static @Nullable Object claim(JWTClaimsSet claims, List<String> path) {
    Object found = claims.getClaims();
    for (String name : path) {
      found = found instanceof Map<?, ?> map ? map.get(name) : null;
    }
    return found;
  }
}
