// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import io.owlmesh.orchestrator.mesh.MeshInfo.WeightDigests;
import io.owlmesh.orchestrator.mesh.placement.Work;
import java.util.Optional;

/**
 * Work that a stage is to do.
 *
 * @param weights that are to do it, in every stage
 * @param units calls or pictures that it is
 * @param positions that there are to read, about; of pictures, how many
 * @param adapter that it names; empty if none
 * @param adapterDigest which version of it; nothing if any
 * @param names of the beginnings of the prompt
 */
public record StageWork(
    WeightDigests weights,
    int units,
    int positions,
    String adapter,
    Optional<String> adapterDigest,
    PromptNames names) {
  /** Pictures for one of the two stages of images. */
  public static StageWork pictures(WeightDigests weights, int count) {
    return new StageWork(weights, count, count, "", Optional.empty(), PromptNames.NONE);
  }

  /** A call without a prompt. */
  public static StageWork call(WeightDigests weights) {
    return pictures(weights, 1);
  }

  Work forPlacement() {
    return new Work(positions, names.first());
  }

  /** Whether a replica may do it, as far as adapters go. */
  boolean suits(Replica replica) {
    return adapter.isEmpty()
        || replica
            .adapter(adapter)
            .filter(digest -> adapterDigest.isEmpty() || adapterDigest.get().equals(digest))
            .isPresent();
  }
}
