// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.limits;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.metrics.ObservableLongMeasurement;
import io.owlmesh.core.identity.CallerLimits.Kind;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToLongFunction;

/** What each tenant asks for, is refused, and has left, as metrics. */
@Singleton
public final class TenantMetrics {
  private static final AttributeKey<String> TENANT = AttributeKey.stringKey("tenant");
  private static final AttributeKey<String> KIND = AttributeKey.stringKey("kind");

  private final RateLimits limits;
  private final Meter meter;
  private final List<AutoCloseable> watched = new ArrayList<>();

  @Inject
  TenantMetrics(RateLimits limits, Meter meter) {
    this.limits = limits;
    this.meter = meter;
  }

  void watch(@Observes StartupEvent started) {
    watched.add(
        meter
            .counterBuilder("owl.tenant.used")
            .setDescription("Requests, positions and images that callers of a tenant took")
            .buildWithCallback(to ->
                limits
                    .tenants()
                    .forEach((tenant, counts) ->
                        counts
                            .used()
                            .forEach((kind, count) -> {
                              if (kind.isRate()) {
                                to.record(count.sum(), about(tenant, kind));
                              }
                            }))));
    watched.add(
        meter
            .counterBuilder("owl.tenant.refused")
            .setDescription("Times that callers of a tenant were refused for a limit")
            .buildWithCallback(to ->
                limits
                    .tenants()
                    .forEach((tenant, counts) -> refused(to, tenant, counts.refused()))));
    standing("limit", "What a tenant may have a minute", Standing::limit);
    standing("left", "What a tenant has left of that in this minute", Standing::remaining);
  }

  private static void refused(
      ObservableLongMeasurement to, String tenant, Map<Kind, LongAdder> counts) {
    counts.forEach((kind, count) -> to.record(count.sum(), about(tenant, kind)));
  }

  private void standing(String name, String description, ToLongFunction<Standing> value) {
    watched.add(
        meter
            .gaugeBuilder("owl.tenant." + name)
            .ofLongs()
            .setDescription(description)
            .buildWithCallback(to ->
                limits
                    .tenants()
                    .forEach((tenant, _) ->
                        limits
                            .tenantStandings(tenant)
                            .forEach(one ->
                                to.record(value.applyAsLong(one), about(tenant, one.kind()))))));
  }

  private static Attributes about(String tenant, Kind kind) {
    return Attributes.of(TENANT, tenant, KIND, kind.label());
  }

  @PreDestroy
  void close() throws Exception {
    for (AutoCloseable one : watched) {
      one.close();
    }
  }
}
