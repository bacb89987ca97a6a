// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image.codec;

import io.owlmesh.core.OwlException;

/**
 * Told every size that a file states, before anything of any of these sizes is allocated: all of
 * its headers come before the first of its pixels.
 */
@FunctionalInterface
public interface SizeCheck {
  /**
   * Lets a picture of this size, or of a larger one told before, be decoded; may wait until there
   * is room.
   *
   * @throws OwlException BAD_INPUT if it is over a limit
   */
  void check(long width, long height);
}
