// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image.codec;

import java.util.Arrays;

/**
 * Which coefficients the scans of a JPEG file have brought. A file without its end marker may also
 * lack whole scans, and then looks like a smaller picture enlarged.
 */
public final class JpegScans {
  private static final int COEFFICIENTS = 64;
  private static final int NONE = 255;

  private final byte[] components;
  private final boolean progressive;
  // [component, coefficient]: bits that are still to come, or NONE.
  private final int[][] left;

  public JpegScans(byte[] components, boolean progressive) {
    this.components = components;
    this.progressive = progressive;
    this.left = new int[components.length][COEFFICIENTS];
    for (int[] one : left) {
      Arrays.fill(one, NONE);
    }
  }

  /**
   * Takes the header of a scan.
   *
   * @param at where its body begins
   */
  public void read(byte[] file, int at, int length) {
    int count = length > 0 ? file[at] & 0xff : 0;
    int spectrum = at + 1 + 2 * count;
    if (length < 4 + 2 * count) {
      return; // The decoder will fail.
    }
    int first = progressive ? file[spectrum] & 0xff : 0;
    int last = progressive ? file[spectrum + 1] & 0xff : COEFFICIENTS - 1;
    int bits = progressive ? file[spectrum + 2] & 0x0f : 0;
    for (int i = 0; i < count; i++) {
      for (int c = 0; c < components.length; c++) {
        if (components[c] == file[at + 1 + 2 * i]) {
          Arrays.fill(
              left[c], Math.min(first, COEFFICIENTS), Math.min(last + 1, COEFFICIENTS), bits);
        }
      }
    }
  }

  /** Whether nothing is left to come. */
  public boolean areComplete() {
    return Arrays.stream(left).flatMapToInt(Arrays::stream).allMatch(bits -> bits == 0);
  }
}
