// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.core.identity.ApiKey;
import io.owlmesh.core.identity.ApiKey.Secret;
import io.owlmesh.core.identity.CallerLimits;
import io.owlmesh.core.identity.KeyFile;
import io.owlmesh.core.identity.Role;
import io.owlmesh.orchestrator.audit.AuditLog;
import io.owlmesh.orchestrator.door.http.HttpAccess;
import io.owlmesh.orchestrator.door.http.HttpDoor;
import io.owlmesh.orchestrator.identity.Authenticator;
import io.owlmesh.orchestrator.identity.IdentityConfig;
import io.owlmesh.orchestrator.identity.TokenIssuer;
import io.owlmesh.orchestrator.limits.RateLimits;
import io.owlmesh.orchestrator.store.DiskImageStore;
import io.owlmesh.orchestrator.store.SessionStore;
import io.owlmesh.orchestrator.store.UsageStore;
import io.owlmesh.wire.TestConfig;
import io.owlmesh.wire.identity.Access;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** What asking who somebody is, limits and the audit cost; with {@code -Dowl.measure}. */
@EnabledIfSystemProperty(named = "owl.measure", matches = ".*")
@Timeout(300)
class DoorCostTest {
  private static final Logger LOG = Logger.getLogger(DoorCostTest.class);
  private static final int ROUNDS = 15;
  private static final int REQUESTS = 1_000;
  private static final InetSocketAddress FROM =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 1234);

  @TempDir Path folder;
  private Map<String, String> settings = Map.of();
  private KeyFile keys;
  private String key = "";

  @BeforeEach
  void makeKey() throws Exception {
    keys = new KeyFile(folder.resolve("keys"));
    Secret secret = Secret.random();
    keys.add(ApiKey.of(secret, Role.USER, "zoo", Instant.now(), Optional.empty(), ""));
    key = secret.credential();
    settings = new HashMap<>(Map.of("owl.keys", keys.path().toString()));
  }

  private static double micros(Authenticator authenticator, String credential) {
    for (int i = 0; i < 2_000; i++) {
      authenticator.admit(credential, FROM, Access.USER).toCompletableFuture().join();
    }
    long begin = System.nanoTime();
    for (int i = 0; i < 10_000; i++) {
      authenticator.admit(credential, FROM, Access.USER).toCompletableFuture().join();
    }
    return (System.nanoTime() - begin) / 1e3 / 10_000;
  }

  @Test
  void aKeyTakesLessThanAFifthOfAMillisecond() throws Exception {
    try (TokenIssuer issuer = new TokenIssuer()) {
      settings.putAll(issuer.settings());
      Authenticator authenticator =
          new Authenticator(TestConfig.of(IdentityConfig.class, settings));

      double ofKey = micros(authenticator, key);
      double ofToken = micros(authenticator, issuer.token(TokenIssuer.claims().build()));

      LOG.infof("a key takes %.1f us, a token %.1f us", ofKey, ofToken);
      assertThat(ofKey).isLessThan(200);
    }
  }

  /** A door, and seconds of each round. */
  private final class Measured implements AutoCloseable {
    private final HttpDoor door;
    private final double[] seconds = new double[ROUNDS];

    Measured(String name, RateLimits limits, AuditLog audit) throws Exception {
      door = new HttpDoor(folder.resolve(name), Map.of(), limits, audit);
      Authenticator authenticator =
          new Authenticator(TestConfig.of(IdentityConfig.class, settings));
      door.with(new HttpAccess(authenticator, door.mesh.answers)::install);
    }

    void round(int number) throws Exception {
      long begin = System.nanoTime();
      for (int i = 0; i < REQUESTS; i++) {
        var response =
            door.send(door.request("/api/mesh").header("Authorization", "Bearer " + key));
        assertThat(response.statusCode()).isEqualTo(200);
      }
      seconds[number] = (System.nanoTime() - begin) / 1e9;
    }

    double median() {
      double[] sorted = seconds.clone();
      java.util.Arrays.sort(sorted);
      return sorted[ROUNDS / 2] / REQUESTS * 1e6;
    }

    @Override
    public void close() {
      door.close();
    }
  }

  @Test
  void limitsAndTheAuditCostLittle() throws Exception {
    try (SessionStore store =
            SessionStore.open(
                "jdbc:h2:file:" + folder.resolve("audit"),
                Optional.empty(),
                Optional.empty(),
                new DiskImageStore(folder.resolve("unused")));
        AuditLog audit = AuditLog.of(store.audit());
        RateLimits limits =
            new RateLimits(
                CallerLimits.parse("requests=100000000,positions=100000000"),
                CallerLimits.parse("requests=100000000"),
                Map::of,
                UsageStore.none(),
                Clock.systemUTC());
        Measured plain = new Measured("plain", RateLimits.none(), AuditLog.none());
        Measured limited = new Measured("limited", limits, AuditLog.none());
        Measured audited = new Measured("audited", RateLimits.none(), audit)) {
      for (int i = 0; i < ROUNDS; i++) {
        plain.round(i);
        limited.round(i);
        audited.round(i);
      }

      LOG.infof(
          "a request takes %.1f us, with limits %.1f us, with the audit %.1f us",
          plain.median(), limited.median(), audited.median());
      assertThat(audited.median()).isLessThan(plain.median() * 1.1);
      assertThat(limited.median()).isLessThan(plain.median() * 1.1);
    }
  }
}
