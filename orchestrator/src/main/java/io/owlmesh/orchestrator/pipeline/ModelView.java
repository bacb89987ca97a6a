// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.mesh.MeshInfo;
import io.owlmesh.orchestrator.mesh.WeightGroups;
import io.owlmesh.proto.mesh.v1.Model;

/** Models as operators see them. */
final class ModelView {
  private ModelView() {}

  /**
   * Tells how a model is.
   *
   * @param isDefault whether requests that name none mean it
   */
  static Model of(MeshModel model, boolean isDefault) {
    WeightGroups groups = model.replicas().groups();
    Model.Builder told =
        Model.newBuilder()
            .setDefaultModel(isDefault)
            .setCanaryPercent(groups.canaryPercent())
            .setCanaryEnded(groups.canaryEnded());
    try {
      MeshInfo mesh = model.mesh();
      told.setReady(true).setFamily(mesh.family());
    } catch (OwlException e) {
      told.setReason(String.valueOf(e.getMessage()));
    }
    return told.setName(model.name()).build();
  }
}
