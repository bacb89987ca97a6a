// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm;

import io.opentelemetry.api.metrics.Meter;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import io.owlmesh.stage.EngineStage;
import io.owlmesh.wire.RunningCalls;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;

/** The engine of this service from its start to its end. */
@Singleton
public class LlmStage extends EngineStage<LlmEngine> {
  @Inject
  public LlmStage(LlmConfig settings, Meter meter, RunningCalls calls) {
    super(
        "language model",
        LanguageModelGrpc.SERVICE_NAME,
        calls,
        held -> new LlmEngine(settings, meter, held));
  }
}
