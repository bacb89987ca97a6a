// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image;

import io.owlmesh.core.HostTensor;
import io.owlmesh.model.image.codec.Picture;

/** From a picture to the input of a vision tower. Safe for use by several threads. */
public interface ImageProcessor {
  /** Side S of the square that it makes, pixels. */
  int size();

  /**
   * Resizes a picture and normalises it.
   *
   * @return float32 [3, S, S], channels R, G, B
   */
  HostTensor process(Picture picture);

  /**
   * Makes a picture a square, of any side.
   *
   * @param side of the result, pixels, at least 1
   * @return [side, side, 3] unsigned
   */
  byte[] square(Picture picture, int side);

  /**
   * Normalises a picture that has the right size already.
   *
   * @param pixels [S, S, 3] unsigned
   * @return float32 [3, S, S], channels R, G, B
   */
  HostTensor normalise(byte[] pixels);

  /**
   * What names the features of a picture: files that decode to the same pixels share one key;
   * processors that make other pixels of them do not.
   *
   * @return 64 lower-case hexadecimal digits
   */
  String contentKey(Picture picture);
}
