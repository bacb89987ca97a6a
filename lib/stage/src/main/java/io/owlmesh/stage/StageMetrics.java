// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.LongHistogram;
import io.opentelemetry.api.metrics.Meter;
import io.owlmesh.proto.stage.v1.Load;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.PreDestroy;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Any;
import jakarta.enterprise.inject.Instance;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;

/**
 * What every stage tells of its work, whatever it computes. All in one process tell each of itself.
 */
@Singleton
public final class StageMetrics {
  private static final double NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final AttributeKey<String> STAGE = AttributeKey.stringKey("stage");

  // Up to the most sequences that a language model is likely to write at a time.
  private static final List<Long> SIZES = List.of(1L, 2L, 4L, 8L, 16L, 32L, 64L, 128L, 256L);

  private final Instance<EngineStage<?>> stages;
  private final Meter meter;
  private final List<AutoCloseable> watched = new ArrayList<>();

  @Inject
  StageMetrics(@Any Instance<EngineStage<?>> stages, Meter meter) {
    this.stages = stages;
    this.meter = meter;
  }

  void watch(@Observes StartupEvent started) {
    gauge("ready", "1 while it takes work, else 0", stage -> stage.ready() ? 1 : 0);
    gauge("waiting", "Images or requests that wait", stage -> load(stage).getWaiting());
    gauge("running", "Images or requests in work", stage -> load(stage).getRunning());
    watched.add(
        meter
            .gaugeBuilder("owl.stage.expected_wait")
            .setUnit("s")
            .setDescription("How long what waits will take to be read, by the rate of late")
            .buildWithCallback(to ->
                stages.stream()
                    .forEach(stage -> to.record(expectedWait(load(stage)), about(stage)))));
    counter("batches", "Batches, or steps of a language model", BatchCounts::batches);
    counter("batch.items", "Items of all batches, added up", BatchCounts::items);
    LongHistogram sizes =
        meter
            .histogramBuilder("owl.stage.batch.size")
            .ofLongs()
            .setDescription("Items of each batch, after the warm-up")
            .setExplicitBucketBoundariesAdvice(SIZES)
            .build();
    stages.stream()
        .forEach(stage -> {
          Attributes about = about(stage);
          stage.onBatch(items -> sizes.record(items, about));
        });
    watched.add(
        meter
            .counterBuilder("owl.stage.batch.time")
            .ofDoubles()
            .setUnit("s")
            .setDescription("Time spent on batches")
            .buildWithCallback(to ->
                stages.stream()
                    .forEach(stage -> to.record(batches(stage).nanos() / NANOS, about(stage)))));
  }

  /** Seconds until what waits is read; 0 while no rate is known. */
  static double expectedWait(Load load) {
    return load.getPrefillRate() > 0 ? load.getWaitingPositions() / load.getPrefillRate() : 0;
  }

  private static Load load(EngineStage<?> stage) {
    return stage.loaded().map(StageEngine::load).orElse(Load.getDefaultInstance());
  }

  private static BatchCounts batches(EngineStage<?> stage) {
    return stage.loaded().map(StageEngine::batches).orElse(new BatchCounts(0, 0, 0));
  }

  private static Attributes about(EngineStage<?> stage) {
    return Attributes.of(STAGE, stage.label());
  }

  private void gauge(String name, String description, ToLongFunction<EngineStage<?>> value) {
    watched.add(
        meter
            .gaugeBuilder("owl.stage." + name)
            .ofLongs()
            .setDescription(description)
            .buildWithCallback(to ->
                stages.stream()
                    .forEach(stage -> to.record(value.applyAsLong(stage), about(stage)))));
  }

  private void counter(String name, String description, ToLongFunction<BatchCounts> value) {
    watched.add(
        meter
            .counterBuilder("owl.stage." + name)
            .setDescription(description)
            .buildWithCallback(to ->
                stages.stream()
                    .forEach(stage -> to.record(value.applyAsLong(batches(stage)), about(stage)))));
  }

  @PreDestroy
  void close() throws Exception {
    for (AutoCloseable one : watched) {
      one.close();
    }
  }
}
