// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.vision;

import io.owlmesh.proto.vision.v1.VisionEncoderGrpc;
import io.owlmesh.stage.EngineStage;
import io.owlmesh.wire.RunningCalls;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;

/** The engine of this service from its start to its end. */
@Singleton
public class VisionStage extends EngineStage<VisionEngine> {
  @Inject
  VisionStage(VisionConfig settings, RunningCalls calls) {
    super("vision", VisionEncoderGrpc.SERVICE_NAME, calls, _ -> new VisionEngine(settings));
  }
}
