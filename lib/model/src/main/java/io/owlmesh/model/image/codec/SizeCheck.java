// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image.codec;

import io.owlmesh.core.OwlException;

/** Told the size that a header states, before anything of that size is allocated. */
@FunctionalInterface
public interface SizeCheck {
  /**
   * Lets a picture of this size be decoded; may wait until there is room.
   *
   * @throws OwlException BAD_INPUT if it is over a limit
   */
  void check(long width, long height);
}
