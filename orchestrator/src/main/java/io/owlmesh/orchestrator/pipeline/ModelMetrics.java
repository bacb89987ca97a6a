// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.metrics.ObservableLongGauge;
import io.owlmesh.proto.mesh.v1.Model;

/** Which models can be asked, as a metric. */
final class ModelMetrics implements AutoCloseable {
  private static final AttributeKey<String> MODEL = AttributeKey.stringKey("model");

  private final ObservableLongGauge ready;

  ModelMetrics(Meter meter, MeshGateway gateway) {
    ready =
        meter
            .gaugeBuilder("owl.model.ready")
            .ofLongs()
            .setDescription("1 for a model that can be asked, 0 for one that cannot")
            .buildWithCallback(out ->
                gateway
                    .models()
                    .forEach(model -> {
                      Model seen = ModelView.of(model, false);
                      out.record(seen.getReady() ? 1 : 0, Attributes.of(MODEL, seen.getName()));
                    }));
  }

  @Override
  public void close() {
    ready.close();
  }
}
