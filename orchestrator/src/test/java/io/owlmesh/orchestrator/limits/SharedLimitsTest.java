// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.core.OwlException;
import io.owlmesh.core.identity.CallerLimits;
import io.owlmesh.core.identity.CallerLimits.Kind;
import io.owlmesh.core.identity.Role;
import io.owlmesh.orchestrator.store.DiskImageStore;
import io.owlmesh.orchestrator.store.PostgresServer;
import io.owlmesh.orchestrator.store.SessionStore;
import io.owlmesh.wire.identity.Caller;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Limits of two orchestrators that share a database. */
@Timeout(60)
class SharedLimitsTest {
  private static final Caller ANN = new Caller("key:aaaaaaaa", "zoo", Set.of(Role.USER));

  @TempDir Path folder;

  private SessionStore open(String url) {
    return SessionStore.open(
        url,
        Optional.of(PostgresServer.USER),
        Optional.empty(),
        new DiskImageStore(folder.resolve("images")));
  }

  private static RateLimits limits(SessionStore store) {
    return new RateLimits(
        CallerLimits.parse("positions=100"),
        CallerLimits.NONE,
        Map::of,
        store.usage(),
        Clock.systemUTC());
  }

  @Test
  void whatACallerUsedAtOneOrchestratorIsUsedAtTheOther() throws Exception {
    try (PostgresServer server = PostgresServer.startIfInstalled()) {
      String url = server.createNext();
      try (SessionStore first = open(url);
          SessionStore second = open(url);
          RateLimits here = limits(first);
          RateLimits there = limits(second)) {
        countAtBoth(here, there);
      }
    }
  }

  private static void countAtBoth(RateLimits here, RateLimits there) throws Exception {
    // Over the end of a minute it would be counted anew.
    while (System.currentTimeMillis() % 60_000 > 50_000) {
      Thread.sleep(100);
    }
    here.used(ANN, Kind.POSITIONS, 60);
    there.used(ANN, Kind.POSITIONS, 30);
    here.require(ANN, Kind.POSITIONS);

    awaitRemaining(here, 10);
    awaitRemaining(there, 10);
    there.used(ANN, Kind.POSITIONS, 10);
    awaitRemaining(here, 0);

    assertThatThrownBy(() -> here.require(ANN, Kind.POSITIONS)).isInstanceOf(OwlException.class);
  }

  private static void awaitRemaining(RateLimits limits, long remaining) throws Exception {
    for (int i = 0; i < 100 && limits.standings(ANN).getFirst().remaining() != remaining; i++) {
      Thread.sleep(50);
    }
    assertThat(limits.standings(ANN).getFirst().remaining()).isEqualTo(remaining);
  }
}
