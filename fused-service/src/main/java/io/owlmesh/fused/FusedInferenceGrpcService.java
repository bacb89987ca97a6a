// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.fused;

import io.owlmesh.abstractor.AbstractorModel;
import io.owlmesh.stage.inference.InferenceService;
import io.owlmesh.stage.inference.ServedModel;
import io.owlmesh.vision.VisionModels;
import io.owlmesh.wire.RunningCalls;
import io.quarkus.grpc.GrpcService;
import jakarta.inject.Inject;
import java.util.List;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** All models of the process for clients of the Open Inference Protocol. */
@GrpcService
public class FusedInferenceGrpcService extends InferenceService {
  @Inject
  FusedInferenceGrpcService(
      VisionModels vision,
      AbstractorModel abstractor,
      RunningCalls calls,
      @ConfigProperty(name = "quarkus.application.version") String version) {
    super("owlmesh", version, calls, together(vision, abstractor));
  }

  private static List<ServedModel> together(VisionModels vision, AbstractorModel abstractor) {
    return Stream.concat(vision.all().stream(), Stream.of(abstractor)).toList();
  }
}
