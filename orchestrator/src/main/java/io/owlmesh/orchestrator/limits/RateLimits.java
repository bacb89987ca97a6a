// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.limits;

import io.owlmesh.core.ErrorCode;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.identity.CallerLimits;
import io.owlmesh.core.identity.CallerLimits.Kind;
import io.owlmesh.core.identity.Tenant;
import io.owlmesh.orchestrator.identity.Authenticator;
import io.owlmesh.orchestrator.store.UsageStore;
import io.owlmesh.wire.identity.Caller;
import jakarta.annotation.PreDestroy;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Limits of each caller, and of all callers of a tenant together. Requests, positions and images
 * are counted by the minute, in memory: nobody waits for a database. Orchestrators that share one
 * tell each other every second what they counted, so that together they let pass at most what comes
 * within that second beyond a limit. What is held at a time is counted by each for itself.
 */
@Singleton
public final class RateLimits implements AutoCloseable {
  private static final long MINUTE_MILLIS = 60_000;

  private final CallerLimits ofCallers;
  private final CallerLimits ofTenants;
  private final Supplier<Map<String, CallerLimits>> overrides;
  private final Clock clock;
  private final Map<String, Account> accounts = new ConcurrentHashMap<>();
  private final TenantUsage tenants = new TenantUsage();
  private final UsageRounds rounds;

  /** A limit that holds for somebody. */
  private record Bound(Account account, CallerLimits limits, String whose) {
    long left(Kind kind, long now) {
      return limits.of(kind).map(most -> most - account.used(kind, now)).orElse(Long.MAX_VALUE);
    }
  }

  @Inject
  RateLimits(LimitConfig config, Authenticator authenticator, UsageStore store) {
    this(
        parse("owl.caller-limits", config.callerLimits()),
        parse("owl.tenant-limits", config.tenantLimits()),
        authenticator::limits,
        store,
        Clock.systemUTC());
  }

  /**
   * @param overrides by {@code key:ID} and tenant, as they are now
   */
  public RateLimits(
      CallerLimits ofCallers,
      CallerLimits ofTenants,
      Supplier<Map<String, CallerLimits>> overrides,
      UsageStore store,
      Clock clock) {
    this.ofCallers = ofCallers;
    this.ofTenants = ofTenants;
    this.overrides = overrides;
    this.clock = clock;
    this.rounds = new UsageRounds(accounts, store, this::minute);
  }

  /** No limits. */
  public static RateLimits none() {
    return new RateLimits(
        CallerLimits.NONE, CallerLimits.NONE, Map::of, UsageStore.none(), Clock.systemUTC());
  }

  private static CallerLimits parse(String setting, String text) {
    try {
      return CallerLimits.parse(text);
    } catch (OwlException e) {
      throw OwlException.badInput(setting, e.sentence());
    }
  }

  private long minute() {
    return clock.millis() / MINUTE_MILLIS;
  }

  private Duration untilNext() {
    return Duration.ofMillis(MINUTE_MILLIS - clock.millis() % MINUTE_MILLIS);
  }

  /** The limits that hold for a caller: its own, and those of its tenant; none for none. */
  private List<Bound> bounds(@Nullable Caller caller) {
    if (caller == null) {
      return List.of();
    }
    Map<String, CallerLimits> others = overrides.get();
    List<Bound> bounds = new ArrayList<>(2);
    add(bounds, caller.name(), others.getOrDefault(caller.id(), ofCallers), "the caller");
    // No name of a tenant ends so, nor does that of a caller without one.
    String tenant = caller.owner().name();
    add(bounds, tenant + "/", others.getOrDefault(tenant, ofTenants), "the tenant");
    return bounds;
  }

  private void add(List<Bound> bounds, String subject, CallerLimits limits, String whose) {
    if (!limits.most().isEmpty()) {
      Account account = accounts.computeIfAbsent(subject, _ -> new Account());
      bounds.add(new Bound(account, limits, whose));
    }
  }

  /**
   * Counts something that is asked for, unless that is too much.
   *
   * @throws OwlException SATURATED, with the time until there is more
   */
  public void take(@Nullable Caller caller, Kind kind, long amount) {
    List<Bound> bounds = bounds(caller);
    require(caller, bounds, kind, amount);
    count(caller, bounds, kind, amount);
  }

  /**
   * Nothing happens if there is any left of what is only known later.
   *
   * @throws OwlException SATURATED, with the time until there is more
   */
  public void require(@Nullable Caller caller, Kind kind) {
    require(caller, bounds(caller), kind, 1);
  }

  /** Counts what was used, even beyond a limit. */
  public void used(@Nullable Caller caller, Kind kind, long amount) {
    count(caller, bounds(caller), kind, amount);
  }

  private void count(@Nullable Caller caller, List<Bound> bounds, Kind kind, long amount) {
    tenants.used(caller, kind, amount);
    long now = minute();
    bounds.forEach(bound -> bound.account().use(kind, amount, now));
  }

  private void require(@Nullable Caller caller, List<Bound> bounds, Kind kind, long amount) {
    long now = minute();
    for (Bound bound : bounds) {
      if (bound.left(kind, now) < amount) {
        long most = bound.limits().of(kind).orElseThrow();
        throw exceeded(caller, kind, "%s may have %d a minute".formatted(bound.whose(), most))
            .retryAfter(untilNext());
      }
    }
  }

  private OwlException exceeded(@Nullable Caller caller, Kind kind, String why) {
    tenants.refused(caller, kind);
    return new OwlException(ErrorCode.RATE_LIMIT_EXCEEDED, kind.label(), why);
  }

  /**
   * Counts what is held for a while.
   *
   * @return gives it back; to be run once
   * @throws OwlException SATURATED if that is too much
   */
  public Runnable hold(@Nullable Caller caller, Kind kind, long amount) {
    List<Bound> taken = new ArrayList<>(2);
    for (Bound bound : bounds(caller)) {
      long most = bound.limits().of(kind).orElse(Long.MAX_VALUE);
      if (!bound.account().hold(kind, amount, most)) {
        taken.forEach(before -> before.account().giveBack(kind, amount));
        throw exceeded(caller, kind, "%s may hold %d at a time".formatted(bound.whose(), most));
      }
      taken.add(bound);
    }
    AtomicBoolean over = new AtomicBoolean(taken.isEmpty());
    return () -> {
      if (!over.getAndSet(true)) {
        taken.forEach(bound -> bound.account().giveBack(kind, amount));
      }
    };
  }

  /** Bytes of image files that a tenant may keep, if that is not what the settings say. */
  public Optional<Long> storage(Tenant tenant) {
    return overrides.get().getOrDefault(tenant.name(), ofTenants).of(Kind.STORAGE);
  }

  /** What was counted of tenants. */
  TenantUsage tenants() {
    return tenants;
  }

  /** The tenant of a caller as metrics name it: not more than 65 in all. */
  public String tenant(@Nullable Caller caller) {
    return tenants.name(caller);
  }

  /** How a caller stands, for each kind that is limited by the minute. */
  public List<Standing> standings(@Nullable Caller caller) {
    return standings(bounds(caller));
  }

  /** How a tenant stands; nothing of tenants that are counted together. */
  List<Standing> tenantStandings(String tenant) {
    if (tenant.equals(TenantUsage.OTHERS)) {
      return List.of();
    }
    Account account = accounts.getOrDefault(tenant + "/", new Account());
    CallerLimits own = overrides.get().getOrDefault(tenant, ofTenants);
    return standings(List.of(new Bound(account, own, "the tenant")));
  }

  private List<Standing> standings(List<Bound> bounds) {
    if (bounds.isEmpty()) {
      return List.of();
    }
    long now = minute();
    long seconds = Math.ceilDiv(untilNext().toMillis(), 1000);
    List<Standing> standings = new ArrayList<>();
    Stream.of(Kind.values())
        .filter(Kind::isRate)
        .forEach(kind ->
            bounds.stream()
                .filter(bound -> bound.limits().of(kind).isPresent())
                .map(bound ->
                    new Standing(
                        kind,
                        bound.limits().of(kind).orElseThrow(),
                        Math.max(bound.left(kind, now), 0),
                        seconds))
                .min((a, b) -> Long.compare(a.remaining(), b.remaining()))
                .ifPresent(standings::add));
    return standings;
  }

  @Override
  @PreDestroy
  public void close() {
    rounds.close();
  }
}
