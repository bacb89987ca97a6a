// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.mesh.MeshInfo;
import io.owlmesh.orchestrator.mesh.WeightGroups;
import io.owlmesh.proto.chat.v1.ModelState;
import io.owlmesh.proto.mesh.v1.Model;

/** Models as operators see them, and as callers do. */
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

  /**
   * Tells whether a model can be asked.
   *
   * @param isDefault whether requests that name none mean it
   */
  static ModelState state(MeshModel model, boolean isDefault) {
    ModelState.Builder told = ModelState.newBuilder().setDefaultModel(isDefault);
    try {
      var _ = model.mesh();
      told.setReady(true);
    } catch (OwlException e) {
      told.setErrorCode(e.code().label()).setErrorField(e.field());
    }
    return told.setName(model.name()).build();
  }
}
