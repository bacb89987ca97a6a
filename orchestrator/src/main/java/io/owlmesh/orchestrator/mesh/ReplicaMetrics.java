// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.metrics.Meter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;

/** What the replicas do, as metrics. */
public final class ReplicaMetrics implements AutoCloseable {
  private final List<Runnable> watched = new ArrayList<>();

  public ReplicaMetrics(Meter meter, ReplicaPool replicas) {
    watched.add(
        meter
                .gaugeBuilder("owl.replica.outstanding")
                .ofLongs()
                .setDescription("Calls that are in a replica")
                .buildWithCallback(out ->
                    replicas
                        .all()
                        .forEach(one -> out.record(one.outstanding(), about(one).build())))
            ::close);
    watched.add(
        meter
                .gaugeBuilder("owl.replica.condition")
                .ofLongs()
                .setDescription("1 for the condition that a replica is in")
                .buildWithCallback(out ->
                    replicas
                        .all()
                        .forEach(one ->
                            out.record(1, about(one).put("condition", condition(one)).build())))
            ::close);
    counter(meter, replicas, "ejections", "Times ejected", CallCounts::ejections);
    counter(meter, replicas, "failures", "Failures of its own", CallCounts::failures);
    counter(meter, replicas, "failovers", "Calls tried again elsewhere", CallCounts::failovers);
    counter(meter, replicas, "drains", "Times taken out by operators", CallCounts::drains);
    counter(meter, replicas, "moves", "Answers that went on elsewhere", CallCounts::moves);
    watched.add(
        meter
                .counterBuilder("owl.replica.placements")
                .setDescription("Calls by the reason that the replica was chosen for")
                .buildWithCallback(out ->
                    replicas
                        .all()
                        .forEach(one ->
                            one.counts
                                .reasons()
                                .forEach((reason, count) ->
                                    out.record(count, about(one).put("reason", reason).build()))))
            ::close);
  }

  private void counter(
      Meter meter,
      ReplicaPool replicas,
      String name,
      String description,
      ToLongFunction<CallCounts> count) {
    watched.add(
        meter
                .counterBuilder("owl.replica." + name)
                .setDescription(description)
                .buildWithCallback(out ->
                    replicas
                        .all()
                        .forEach(
                            one -> out.record(count.applyAsLong(one.counts), about(one).build())))
            ::close);
  }

  private static String condition(Replica replica) {
    String name = replica.status().condition().name();
    return name.substring("CONDITION_".length()).toLowerCase(Locale.ROOT);
  }

  private static AttributesBuilder about(Replica replica) {
    return Attributes.builder()
        .put("stage", replica.stage().label())
        .put("replica", replica.address());
  }

  @Override
  public void close() {
    watched.forEach(Runnable::run);
  }
}
