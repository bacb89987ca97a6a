// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import io.owlmesh.wire.HealthService;
import io.quarkus.arc.properties.UnlessBuildProperty;
import io.quarkus.grpc.GrpcService;
import jakarta.inject.Inject;

/** Health of a stage in a process of its own: serving once the weights are loaded. */
@GrpcService
@UnlessBuildProperty(
    name = StageHealthGrpcService.FUSED,
    stringValue = "true",
    enableIfMissing = true)
public class StageHealthGrpcService extends HealthService {
  /**
   * Build-time property of a process that holds several stages, which speaks for them with beans of
   * its own: those of single stages are left out. It is no setting, so not under {@code owl}.
   */
  public static final String FUSED = "owlmesh.fused";

  @Inject
  StageHealthGrpcService(EngineStage<?> stage) {
    super(stage.health());
  }
}
