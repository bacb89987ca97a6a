// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image;

/** How a picture of any shape becomes a square. */
public enum Fit {
  /** Resized to it, whatever its shape. */
  SQUASH,
  /** Resized until its short side fits; what the long side has more is cut off on both ends. */
  CROP,
  /** Laid on the middle of a square of its long side in the colour of the mean, then resized. */
  PAD
}
