// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.abstractor;

import io.owlmesh.stage.StageHealthGrpcService;
import io.owlmesh.stage.inference.InferenceService;
import io.owlmesh.wire.RunningCalls;
import io.quarkus.arc.properties.UnlessBuildProperty;
import io.quarkus.grpc.GrpcService;
import jakarta.inject.Inject;
import java.util.List;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** The abstractor stage for clients of the Open Inference Protocol. */
@GrpcService
@UnlessBuildProperty(
    name = StageHealthGrpcService.FUSED,
    stringValue = "true",
    enableIfMissing = true)
public class AbstractorInferenceGrpcService extends InferenceService {
  @Inject
  AbstractorInferenceGrpcService(
      AbstractorModel model,
      RunningCalls calls,
      @ConfigProperty(name = "quarkus.application.version") String version) {
    super("owlmesh-abstractor", version, calls, List.of(model));
  }
}
