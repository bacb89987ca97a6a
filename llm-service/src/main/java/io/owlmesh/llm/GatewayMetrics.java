// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm;

import io.owlmesh.llm.engine.EngineCounts;
import io.owlmesh.proto.stage.v1.Load;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.quarkus.arc.Unremovable;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.stream.Collectors;

/**
 * What the endpoint picker of Kubernetes' inference gateway asks of a model server, under the names
 * of vLLM that it expects: its model server protocol. OpenTelemetry allows no colon in a name.
 */
@Singleton
@Unremovable
public final class GatewayMetrics implements MultiCollector {
  private final LlmStage stage;

  @Inject
  GatewayMetrics(LlmStage stage) {
    this.stage = stage;
  }

  @Override
  public MetricSnapshots collect() {
    if (!stage.ready()) {
      return MetricSnapshots.of();
    }
    LlmEngine engine = stage.engine();
    Load load = engine.load();
    Labels model = Labels.of("model_name", engine.name());
    double used = load.getBlocks() == 0 ? 0 : 1 - (double) load.getFreeBlocks() / load.getBlocks();
    return MetricSnapshots.of(
        gauge("num_requests_waiting", "Requests that wait", model, load.getWaiting()),
        gauge("num_requests_running", "Requests in work", model, load.getRunning()),
        gauge("kv_cache_usage_perc", "Share of the cache in use, 0 to 1", model, used),
        info("cache_config", "The cache", cache(load)),
        info("lora_requests", "Adapters that are loaded", adapters(engine)));
  }

  private static Labels cache(Load load) {
    return Labels.of(
        "block_size", Integer.toString(EngineCounts.BLOCK_POSITIONS),
        "num_gpu_blocks", Integer.toString(load.getBlocks()));
  }

  /** All that are loaded may run at once, and none waits for another to go. */
  private static Labels adapters(LlmEngine engine) {
    String names =
        engine.adapters().list().stream().map(one -> one.name()).collect(Collectors.joining(","));
    return Labels.of(
        "max_lora",
        Integer.toString(engine.adapters().list().size()),
        "running_lora_adapters",
        names,
        "waiting_lora_adapters",
        "");
  }

  /** The format adds {@code _info} to the name, and the value is 1. */
  private static InfoSnapshot info(String name, String help, Labels labels) {
    return InfoSnapshot.builder()
        .name("vllm:" + name)
        .help(help)
        .dataPoint(InfoDataPointSnapshot.builder().labels(labels).build())
        .build();
  }

  private static GaugeSnapshot gauge(String name, String help, Labels labels, double value) {
    return GaugeSnapshot.builder()
        .name("vllm:" + name)
        .help(help)
        .dataPoint(GaugeDataPointSnapshot.builder().labels(labels).value(value).build())
        .build();
  }
}
