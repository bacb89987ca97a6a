// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.grpc;

import io.owlmesh.llm.LlmStage;
import io.owlmesh.wire.HealthService;
import io.quarkus.grpc.GrpcService;
import jakarta.inject.Inject;

/** Health of this service: serving once the weights are loaded. */
@GrpcService
public class LlmHealthGrpcService extends HealthService {
  @Inject
  LlmHealthGrpcService(LlmStage stage) {
    super(stage.loading().health());
  }
}
