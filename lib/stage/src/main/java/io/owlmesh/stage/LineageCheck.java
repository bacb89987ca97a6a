// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.tensor.v1.Lineage;
import io.owlmesh.proto.tensor.v1.Tensor;

/** Refuses tensors that other weights made: the numbers would fit, and the answer be nonsense. */
public final class LineageCheck {
  private LineageCheck() {}

  /**
   * Checks features.
   *
   * @param visionDigest of the weights whose features are accepted
   * @throws OwlException OTHER_WEIGHTS naming both digests, BAD_INPUT if there is no lineage
   */
  public static void features(Tensor features, String visionDigest) {
    require("features.lineage.vision_digest", lineage(features).getVisionDigest(), visionDigest);
  }

  /**
   * Checks visual tokens.
   *
   * @throws OwlException as for features
   */
  public static void visualTokens(Tensor tokens, String visionDigest, String abstractorDigest) {
    Lineage lineage = lineage(tokens);
    require("visual_tokens.lineage.vision_digest", lineage.getVisionDigest(), visionDigest);
    require(
        "visual_tokens.lineage.abstractor_digest", lineage.getAbstractorDigest(), abstractorDigest);
  }

  private static Lineage lineage(Tensor tensor) {
    if (!tensor.hasLineage()) {
      throw OwlException.badInput("lineage", "is missing; every tensor says what made it");
    }
    return tensor.getLineage();
  }

  /**
   * Checks one digest.
   *
   * @param field of the request that holds it
   * @throws OwlException OTHER_WEIGHTS naming both digests, BAD_INPUT if it is empty
   */
  public static void require(String field, String found, String expected) {
    if (found.isEmpty()) {
      throw OwlException.badInput(field, "is empty; it must be " + expected);
    }
    if (!found.equals(expected)) {
      throw new OwlException(
          Fault.OTHER_WEIGHTS,
          field,
          "made by weights %s, but this stage serves a checkpoint with %s"
              .formatted(found, expected));
    }
  }
}
