// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.abstractor;

import io.owlmesh.wire.HealthService;
import io.quarkus.grpc.GrpcService;
import jakarta.inject.Inject;

/** Health of this service: serving once the weights are loaded. */
@GrpcService
public class AbstractorHealthGrpcService extends HealthService {
  @Inject
  AbstractorHealthGrpcService(AbstractorStage stage) {
    super(stage.loading().health());
  }
}
