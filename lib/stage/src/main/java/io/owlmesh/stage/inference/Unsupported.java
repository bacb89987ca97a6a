// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage.inference;

import io.owlmesh.core.OwlException;
import io.owlmesh.proto.inference.InferParameter;
import java.util.Map;
import java.util.Set;

/**
 * Parameters of tensors that ask for another answer than the one they would get: whoever sends them
 * must hear of it.
 */
final class Unsupported {
  private static final Set<String> NAMES =
      Set.of(
          "shared_memory_region",
          "shared_memory_byte_size",
          "shared_memory_offset",
          "classification");

  private Unsupported() {}

  /**
   * Checks the parameters of a tensor.
   *
   * @throws OwlException BAD_INPUT for one that is not supported
   */
  static void refuse(Map<String, InferParameter> parameters, String tensor) {
    for (String name : parameters.keySet()) {
      if (NAMES.contains(name)) {
        throw OwlException.badInput(tensor + ".parameters." + name, "is not supported");
      }
    }
  }
}
