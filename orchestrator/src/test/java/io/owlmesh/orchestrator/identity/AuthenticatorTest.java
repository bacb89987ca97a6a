// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.identity.ApiKey;
import io.owlmesh.core.identity.ApiKey.Secret;
import io.owlmesh.core.identity.KeyFile;
import io.owlmesh.core.identity.Role;
import io.owlmesh.wire.TestConfig;
import io.owlmesh.wire.identity.Access;
import io.owlmesh.wire.identity.Caller;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class AuthenticatorTest {
  private static final InetSocketAddress FROM =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 1234);
  private static final Duration EVERY = Duration.ofMillis(20);

  @TempDir Path folder;
  private TokenIssuer issuer;

  @BeforeEach
  void open() throws Exception {
    issuer = new TokenIssuer();
  }

  @AfterEach
  void close() {
    issuer.close();
  }

  private KeyFile keys() {
    return new KeyFile(folder.resolve("keys"));
  }

  private Authenticator authenticator(Map<String, String> settings) {
    Map<String, String> all = new HashMap<>(Map.of("owl.keys", keys().path().toString()));
    all.putAll(settings);
    return new Authenticator(TestConfig.of(IdentityConfig.class, all), EVERY, EVERY);
  }

  private String key(Role role, Optional<Instant> expires) throws Exception {
    Secret secret = Secret.random();
    keys().add(ApiKey.of(secret, role, "zoo", Instant.now(), expires, ""));
    return secret.credential();
  }

  private static Caller admit(
      Authenticator authenticator, @Nullable String credential, Access needed) {
    try {
      return authenticator.admit(credential, FROM, needed).toCompletableFuture().join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof OwlException own ? own : e;
    }
  }

  private static void assertRefused(
      Authenticator authenticator, @Nullable String credential, Access needed, Fault fault) {
    assertThatThrownBy(() -> admit(authenticator, credential, needed))
        .isInstanceOfSatisfying(
            OwlException.class, refusal -> assertThat(refusal.fault()).isEqualTo(fault));
  }

  @Test
  void whereNothingIsConfiguredACallerIsItsAddress() {
    try (var authenticator = new Closing(authenticator(Map.of()))) {
      Caller caller = admit(authenticator.it(), null, Access.ADMIN);

      assertThat(caller.name()).isEqualTo("local:1234");
      assertRefused(authenticator.it(), null, Access.NOBODY, Fault.FORBIDDEN);
    }
  }

  private record Closing(Authenticator it) implements AutoCloseable {
    @Override
    public void close() {
      it.close();
    }
  }

  @Test
  void aKeyOpensWhatItsRoleMayDo() throws Exception {
    String operator = key(Role.OPERATOR, Optional.empty());
    try (var authenticator = new Closing(authenticator(Map.of()))) {
      Caller caller = admit(authenticator.it(), operator, Access.TENANT_OPERATOR);

      assertThat(caller.tenant()).isEqualTo("zoo");
      // The mesh is run by the operators of the default tenant.
      assertRefused(authenticator.it(), operator, Access.OPERATOR, Fault.FORBIDDEN);
      assertThat(caller.roles()).containsExactly(Role.OPERATOR);
      assertThat(caller.name()).startsWith("zoo/key:");
      admit(authenticator.it(), operator, Access.USER);
      assertRefused(authenticator.it(), operator, Access.TENANT_ADMIN, Fault.FORBIDDEN);
    }
  }

  @Test
  void whatAllTenantsShareIsForAdministratorsOfTheDefaultOne() throws Exception {
    String admin = key(Role.ADMIN, Optional.empty());
    Secret secret = Secret.random();
    keys().add(ApiKey.of(secret, Role.ADMIN, "default", Instant.now(), Optional.empty(), ""));
    try (var authenticator = new Closing(authenticator(Map.of()))) {
      admit(authenticator.it(), admin, Access.TENANT_ADMIN);
      assertRefused(authenticator.it(), admin, Access.ADMIN, Fault.FORBIDDEN);
      assertRefused(authenticator.it(), admin, Access.OPERATOR, Fault.FORBIDDEN);

      admit(authenticator.it(), secret.credential(), Access.ADMIN);
    }
  }

  @Test
  void noWrongExpiredAndRevokedKeysAreRefusedInTheSameWords() throws Exception {
    String right = key(Role.ADMIN, Optional.empty());
    String expired = key(Role.ADMIN, Optional.of(Instant.now().minusSeconds(1)));
    String wrong = Secret.of(right).orElseThrow().id();
    try (var authenticator = new Closing(authenticator(Map.of()))) {
      assertRefused(authenticator.it(), null, Access.USER, Fault.UNAUTHENTICATED);
      for (String credential :
          new String[] {
            "",
            expired,
            Secret.random().credential(),
            "owl_" + wrong + "_" + Secret.random().secret(),
            right.substring(1),
          }) {
        assertThatThrownBy(() -> admit(authenticator.it(), credential, Access.USER))
            .hasMessage("a valid API key or token is needed, as a bearer credential");
      }
      keys().revoke(wrong);
      awaitRefused(authenticator.it(), right);
    }
  }

  private static void awaitRefused(Authenticator authenticator, @Nullable String credential)
      throws InterruptedException {
    while (true) {
      try {
        admit(authenticator, credential, Access.USER);
        TimeUnit.MILLISECONDS.sleep(5);
      } catch (OwlException refused) {
        assertThat(refused.fault()).isEqualTo(Fault.UNAUTHENTICATED);
        return;
      }
    }
  }

  @Test
  void theFirstKeyClosesTheDoorsWhileTheyAreOpen() throws Exception {
    try (var authenticator = new Closing(authenticator(Map.of()))) {
      admit(authenticator.it(), null, Access.USER);

      String key = key(Role.USER, Optional.empty());

      awaitRefused(authenticator.it(), null);
      admit(authenticator.it(), key, Access.USER);
    }
  }

  @Test
  void aTokenOfTheIssuerHasItsRolesAndTenant() throws Exception {
    try (var authenticator = new Closing(authenticator(issuer.settings()))) {
      String token = issuer.token(TokenIssuer.claims().build());

      Caller caller = admit(authenticator.it(), token, Access.USER);

      assertThat(caller).isEqualTo(new Caller("sub:ann", "zoo", Set.of(Role.USER)));
      assertRefused(authenticator.it(), token, Access.OPERATOR, Fault.FORBIDDEN);
      assertThat(issuer.asked()).isEqualTo(1);
    }
  }

  @Test
  void rolesMayLieWithinAnotherClaim() throws Exception {
    Map<String, String> settings = new HashMap<>(issuer.settings());
    settings.put("owl.jwt-roles", "realm_access.roles");
    JWTClaimsSet claims =
        TokenIssuer.claims()
            .claim("realm_access", Map.of("roles", List.of("admin", "offline_access")))
            .build();
    try (var authenticator = new Closing(authenticator(settings))) {
      assertThat(admit(authenticator.it(), issuer.token(claims), Access.TENANT_ADMIN).roles())
          .containsExactly(Role.ADMIN);
    }
  }

  @Test
  void whatIsNoRoleAmongOthersIsPassedOver() throws Exception {
    List<Object> roles =
        new ArrayList<>(List.of(7, Map.of("name", "admin"), List.of("admin"), "user"));
    roles.add(null);
    String token = issuer.token(TokenIssuer.claims().claim("roles", roles).build());
    try (var authenticator = new Closing(authenticator(issuer.settings()))) {
      assertThat(admit(authenticator.it(), token, Access.USER).roles()).containsExactly(Role.USER);
    }
  }

  @Test
  void aTokenWithoutARoleOpensNothing() throws Exception {
    String token = issuer.token(TokenIssuer.claims().claim("roles", null).build());
    try (var authenticator = new Closing(authenticator(issuer.settings()))) {
      assertRefused(authenticator.it(), token, Access.USER, Fault.FORBIDDEN);
    }
  }

  @Test
  void aNewKeyOfTheIssuerIsFoundWhenATokenNamesIt() throws Exception {
    try (var authenticator = new Closing(authenticator(issuer.settings()))) {
      for (int rotations = 0; rotations < 3; rotations++) {
        String token = issuer.token(TokenIssuer.claims().build());
        TimeUnit.MILLISECONDS.sleep(2 * EVERY.toMillis());
        admit(authenticator.it(), token, Access.USER);
        issuer.rotate();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "issuer",
        "audience",
        "expired",
        "endless",
        "nobody",
        "tenant",
        "forged",
        "plain",
        "mac"
      })
  void aTokenThatIsWrongInOneThingIsRefused(String wrong) throws Exception {
    JWTClaimsSet.Builder claims = TokenIssuer.claims();
    switch (wrong) {
      case "issuer" -> claims.issuer("https://other.example");
      case "audience" -> claims.audience("hawk");
      case "expired" -> claims.expirationTime(Date.from(Instant.now().minusSeconds(120)));
      case "endless" -> claims.expirationTime(null);
      case "nobody" -> claims.subject(null);
      case "tenant" -> claims.claim("tenant", "../zoo");
      default -> {}
    }
    String token =
        switch (wrong) {
          case "forged" -> issuer.forged(claims.build());
          case "plain" -> new PlainJWT(claims.build()).serialize();
          case "mac" -> {
            SignedJWT signed = new SignedJWT(new JWSHeader(JWSAlgorithm.HS256), claims.build());
            signed.sign(new MACSigner(new byte[32]));
            yield signed.serialize();
          }
          default -> issuer.token(claims.build());
        };
    try (var authenticator = new Closing(authenticator(issuer.settings()))) {
      assertRefused(authenticator.it(), token, Access.USER, Fault.UNAUTHENTICATED);
    }
  }

  @Test
  void anIssuerWithoutAudienceOrKeysIsRefusedAtStart() {
    assertThatThrownBy(() -> authenticator(Map.of("owl.jwt-issuer", TokenIssuer.ISSUER)))
        .hasMessageContaining("owl.jwt-audience");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0", "::", "192.0.2.7", "owl.example"})
  void whoListensBeyondLoopbackNeedsKeysOrSaysThatHeNeedsNone(String host) throws Exception {
    try (var open = new Closing(authenticator(Map.of()));
        var allowed = new Closing(authenticator(Map.of("owl.allow-anonymous", "true")))) {
      assertThatThrownBy(() -> open.it().requireMayListen(host))
          .hasMessageContaining("OWL_ALLOW_ANONYMOUS");
      assertThatCode(() -> allowed.it().requireMayListen(host)).doesNotThrowAnyException();
      assertThatCode(() -> open.it().requireMayListen("127.0.0.1")).doesNotThrowAnyException();
    }
    key(Role.USER, Optional.empty());
    try (var closed = new Closing(authenticator(Map.of()))) {
      assertThatCode(() -> closed.it().requireMayListen(host)).doesNotThrowAnyException();
    }
  }

  @Test
  void everyKeyKeepsItsDefault() {
    assertThat(TestConfig.defaults(IdentityConfig.class))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "keys", "${owl.data:data}/keys",
                "allow-anonymous", "false",
                "jwt-issuer", "none",
                "jwt-audience", "none",
                "jwt-jwks", "none",
                "jwt-roles", "roles",
                "jwt-tenant", "tenant"));
  }
}
