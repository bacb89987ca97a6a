// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.data;

/**
 * Where the text of a dialogue is cut before each piece is tokenised by itself. It matters: a piece
 * begins with the token of a space. A large model takes both alike, a small one knows only what it
 * learnt.
 */
public enum Cutting {
  /** As the authors train: at images and at the openings of all turns; all replies are learnt. */
  AUTHORS,
  /**
   * As an answer is asked for: at images, and before the reply, of which one is learnt; the turns
   * before it are its prompt, and those behind it are left out.
   */
  SERVED,
  /** Half of the samples so, half of them so. */
  BOTH
}
