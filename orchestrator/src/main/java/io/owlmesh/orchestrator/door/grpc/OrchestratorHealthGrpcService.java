// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.grpc;

import io.owlmesh.orchestrator.pipeline.MeshGateway;
import io.owlmesh.wire.HealthService;
import io.quarkus.grpc.GrpcService;
import jakarta.inject.Inject;

/** Health of the front door: serving while all stages answer and fit together. */
@GrpcService
public class OrchestratorHealthGrpcService extends HealthService {
  @Inject
  OrchestratorHealthGrpcService(MeshGateway gateway) {
    super(gateway.health());
  }
}
