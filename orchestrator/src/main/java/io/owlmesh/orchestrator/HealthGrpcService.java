// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator;

import io.owlmesh.orchestrator.answer.Front;
import io.owlmesh.wire.HealthService;
import io.quarkus.grpc.GrpcService;
import jakarta.inject.Inject;

/** Health of the front door: serving while all stages answer and fit together. */
@GrpcService
public class HealthGrpcService extends HealthService {
  @Inject
  HealthGrpcService(Front front) {
    super(front.health());
  }
}
