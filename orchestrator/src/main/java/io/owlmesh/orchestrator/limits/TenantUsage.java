// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.limits;

import io.owlmesh.core.identity.CallerLimits.Kind;
import io.owlmesh.core.identity.Tenant;
import io.owlmesh.wire.identity.Caller;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What tenants have used and been refused since the start. Tokens may name any number of tenants,
 * so those after the first 64 are counted together.
 */
final class TenantUsage {
  static final int MOST = 64;

  /** Stands for those that came too late; no name of a tenant begins so. */
  static final String OTHERS = "_others";

  private final Map<String, Counts> tenants = new ConcurrentHashMap<>();

  /** Of one tenant, all kinds from the start on. */
  record Counts(Map<Kind, LongAdder> used, Map<Kind, LongAdder> refused) {
    Counts() {
      this(new ConcurrentHashMap<>(), new ConcurrentHashMap<>());
      for (Kind kind : Kind.values()) {
        add(used, kind, 0); // So that a series is there before something happens.
        add(refused, kind, 0);
      }
    }
  }

  /** The name that a caller is counted by. */
  String name(@Nullable Caller caller) {
    String tenant =
        caller == null || caller.tenant().isEmpty() ? Tenant.DEFAULT.name() : caller.tenant();
    return tenants.containsKey(tenant) ? tenant : begin(tenant);
  }

  private synchronized String begin(String tenant) {
    String name = tenants.size() < MOST || tenants.containsKey(tenant) ? tenant : OTHERS;
    counts(name);
    return name;
  }

  private Counts counts(String name) {
    return tenants.computeIfAbsent(name, _ -> new Counts());
  }

  void used(@Nullable Caller caller, Kind kind, long amount) {
    add(counts(name(caller)).used(), kind, amount);
  }

  void refused(@Nullable Caller caller, Kind kind) {
    add(counts(name(caller)).refused(), kind, 1);
  }

  private static void add(Map<Kind, LongAdder> counts, Kind kind, long amount) {
    counts.computeIfAbsent(kind, _ -> new LongAdder()).add(amount);
  }

  /** Each tenant that was seen. */
  void forEach(BiConsumer<String, Counts> action) {
    tenants.forEach(action);
  }
}
