// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.core.ErrorCode;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.identity.CallerLimits;
import io.owlmesh.core.identity.CallerLimits.Kind;
import io.owlmesh.core.identity.Role;
import io.owlmesh.core.identity.Tenant;
import io.owlmesh.orchestrator.store.UsageStore;
import io.owlmesh.wire.identity.Caller;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Limits of callers and tenants, by a clock that goes on when it is told to. */
class RateLimitsTest {
  private static final Caller ANN = caller("key:aaaaaaaa", "zoo");
  private static final Caller BEN = caller("key:bbbbbbbb", "zoo");
  private static final Caller EVE = caller("key:eeeeeeee", "park");

  private final HandClock clock = new HandClock();
  private final Map<String, CallerLimits> overrides = new HashMap<>();
  private final RateLimits limits =
      new RateLimits(
          CallerLimits.parse("requests=3,answers=2,bytes=100"),
          CallerLimits.parse("positions=10"),
          () -> overrides,
          UsageStore.none(),
          clock);

  private static final class HandClock extends Clock {
    private Instant now = Instant.parse("2026-01-01T10:00:15Z");

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  private static Caller caller(String id, String tenant) {
    return new Caller(id, tenant, Set.of(Role.USER));
  }

  @AfterEach
  void close() {
    limits.close();
  }

  private static OwlException refused(Runnable work) {
    try {
      work.run();
    } catch (OwlException e) {
      return e;
    }
    throw new AssertionError("not refused");
  }

  @Test
  void aCallerIsRefusedUntilTheMinuteEndsAndNobodyElseIs() {
    for (int i = 0; i < 3; i++) {
      limits.take(ANN, Kind.REQUESTS, 1);
    }

    OwlException refusal = refused(() -> limits.take(ANN, Kind.REQUESTS, 1));

    assertThat(refusal.code()).isEqualTo(ErrorCode.RATE_LIMIT_EXCEEDED);
    assertThat(refusal.field()).isEqualTo("requests");
    assertThat(refusal.retryAfter()).contains(Duration.ofSeconds(45));
    limits.take(BEN, Kind.REQUESTS, 3);
    limits.take(EVE, Kind.REQUESTS, 3);
    clock.now = clock.now.plusSeconds(45);
    limits.take(ANN, Kind.REQUESTS, 3);
  }

  @Test
  void callersOfATenantShareItsLimitAndThoseOfAnotherDoNot() {
    limits.used(ANN, Kind.POSITIONS, 12); // What an answer takes is known when it is over.

    assertThat(refused(() -> limits.require(BEN, Kind.POSITIONS)).field()).isEqualTo("positions");
    limits.require(EVE, Kind.POSITIONS);
  }

  @Test
  void whatIsHeldIsGivenBackOnce() {
    Runnable first = limits.hold(ANN, Kind.ANSWERS, 1);
    limits.hold(ANN, Kind.ANSWERS, 1);
    assertThatThrownBy(() -> limits.hold(ANN, Kind.ANSWERS, 1)).hasMessageContaining("2 at a time");
    assertThatThrownBy(() -> limits.hold(ANN, Kind.BYTES, 101)).hasMessageContaining("bytes");

    first.run();
    first.run();

    limits.hold(ANN, Kind.ANSWERS, 1);
    assertThatThrownBy(() -> limits.hold(ANN, Kind.ANSWERS, 1)).isInstanceOf(OwlException.class);
    limits.hold(BEN, Kind.ANSWERS, 2);
  }

  @Test
  void theFileOfKeysSaysOtherwiseOfAKeyAndOfATenant() {
    overrides.put(ANN.id(), CallerLimits.NONE);
    overrides.put("park", CallerLimits.parse("requests=1,storage=77"));

    limits.take(ANN, Kind.REQUESTS, 100);
    limits.take(EVE, Kind.REQUESTS, 1);

    assertThat(refused(() -> limits.take(EVE, Kind.REQUESTS, 1)).sentence()).contains("the tenant");
    assertThat(limits.storage(new Tenant("park"))).contains(77L);
    assertThat(limits.storage(new Tenant("zoo"))).isEmpty();
  }

  @Test
  void aCallerStandsAsTheTighterLimitSays() {
    limits.take(ANN, Kind.REQUESTS, 1);
    overrides.put("zoo", CallerLimits.parse("requests=2,positions=5"));

    assertThat(limits.standings(BEN))
        .containsExactly(
            new Standing(Kind.REQUESTS, 2, 1, 45), new Standing(Kind.POSITIONS, 5, 5, 45));
    assertThat(limits.standings(null)).isEmpty();
  }

  @Test
  void limitsThatAreNoneAreRefused() {
    for (String text : new String[] {"", "requests", "requests=-1", "owls=3", "requests=1e9"}) {
      assertThatThrownBy(() -> CallerLimits.parse(text)).hasMessageContaining("is no limit");
    }
    assertThat(CallerLimits.parse("answers=4,requests=60")).hasToString("requests=60,answers=4");
  }

  @Test
  void whatATenantTookAndWasRefusedIsCountedWhoeverOfItAsked() {
    limits.used(ANN, Kind.POSITIONS, 7);
    limits.used(BEN, Kind.POSITIONS, 5);
    refused(() -> limits.require(ANN, Kind.POSITIONS));
    refused(() -> limits.hold(BEN, Kind.BYTES, 101));

    assertThat(used("zoo", Kind.POSITIONS)).isEqualTo(12);
    assertThat(refusals("zoo", Kind.POSITIONS)).isEqualTo(1);
    assertThat(refusals("zoo", Kind.BYTES)).isEqualTo(1);
    assertThat(limits.tenantStandings("zoo"))
        .containsExactly(new Standing(Kind.POSITIONS, 10, 0, 45));
  }

  @Test
  void tenantsBeyondThoseThatAreNamedAreCountedTogether() {
    for (int i = 0; i < TenantUsage.MOST + 3; i++) {
      limits.take(caller("token-" + i, "tenant-" + i), Kind.REQUESTS, 1);
    }
    limits.take(caller("another", "tenant-0"), Kind.REQUESTS, 1);

    assertThat(used("tenant-0", Kind.REQUESTS)).isEqualTo(2);
    assertThat(used(TenantUsage.OTHERS, Kind.REQUESTS)).isEqualTo(3);
    assertThat(limits.tenantStandings(TenantUsage.OTHERS)).isEmpty();
    assertThat(limits.tenant(caller("token", "tenant-" + TenantUsage.MOST)))
        .isEqualTo(TenantUsage.OTHERS);
  }

  private long used(String tenant, Kind kind) {
    return Objects.requireNonNull(counts(tenant).used().get(kind)).sum();
  }

  private long refusals(String tenant, Kind kind) {
    return Objects.requireNonNull(counts(tenant).refused().get(kind)).sum();
  }

  private TenantUsage.Counts counts(String tenant) {
    Map<String, TenantUsage.Counts> all = new HashMap<>();
    limits.tenants().forEach(all::put);
    return Objects.requireNonNull(all.get(tenant));
  }
}
