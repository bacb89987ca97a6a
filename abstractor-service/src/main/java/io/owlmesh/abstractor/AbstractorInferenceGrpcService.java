// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.abstractor;

import io.owlmesh.stage.inference.InferenceService;
import io.quarkus.grpc.GrpcService;
import jakarta.inject.Inject;
import java.util.List;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** The abstractor stage for clients of the Open Inference Protocol. */
@GrpcService
public class AbstractorInferenceGrpcService extends InferenceService {
  @Inject
  AbstractorInferenceGrpcService(
      AbstractorModel model, @ConfigProperty(name = "quarkus.application.version") String version) {
    super("owlmesh-abstractor", version, List.of(model));
  }
}
