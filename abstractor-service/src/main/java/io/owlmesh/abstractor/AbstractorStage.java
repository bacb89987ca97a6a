// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.abstractor;

import io.owlmesh.proto.abstractor.v1.VisualAbstractorGrpc;
import io.owlmesh.stage.EngineStage;
import io.owlmesh.wire.RunningCalls;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;

/** The engine of this service from its start to its end. */
@Singleton
public class AbstractorStage extends EngineStage<AbstractorEngine> {
  @Inject
  AbstractorStage(AbstractorConfig settings, RunningCalls calls) {
    super(
        "abstractor",
        VisualAbstractorGrpc.SERVICE_NAME,
        calls,
        _ -> new AbstractorEngine(settings));
  }
}
