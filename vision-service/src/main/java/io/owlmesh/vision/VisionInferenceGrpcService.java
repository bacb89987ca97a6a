// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.vision;

import io.owlmesh.stage.StageHealthGrpcService;
import io.owlmesh.stage.inference.InferenceService;
import io.owlmesh.wire.RunningCalls;
import io.quarkus.arc.properties.UnlessBuildProperty;
import io.quarkus.grpc.GrpcService;
import jakarta.inject.Inject;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** The vision stage for clients of the Open Inference Protocol. */
@GrpcService
@UnlessBuildProperty(
    name = StageHealthGrpcService.FUSED,
    stringValue = "true",
    enableIfMissing = true)
public class VisionInferenceGrpcService extends InferenceService {
  @Inject
  VisionInferenceGrpcService(
      VisionModels models,
      RunningCalls calls,
      @ConfigProperty(name = "quarkus.application.version") String version) {
    super("owlmesh-vision", version, calls, models.all());
  }
}
