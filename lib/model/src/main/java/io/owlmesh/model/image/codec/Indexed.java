// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image.codec;

/** Pixels that are indices into a palette. */
final class Indexed {
  private Indexed() {}

  /**
   * Looks every pixel up.
   *
   * @param indices [pixels] unsigned
   * @param palette [entries, 3] RGB; missing entries are black; without any, an index is a grey
   * @return [pixels, 3]
   */
  static byte[] toRgb(byte[] indices, byte[] palette) {
    byte[] table = new byte[3 * 256];
    System.arraycopy(palette, 0, table, 0, Math.min(palette.length, table.length));
    if (palette.length == 0) {
      for (int i = 0; i < table.length; i++) {
        table[i] = (byte) (i / 3);
      }
    }
    byte[] rgb = new byte[3 * indices.length];
    int out = 0;
    for (byte index : indices) {
      int entry = 3 * (index & 0xff);
      rgb[out] = table[entry];
      rgb[out + 1] = table[entry + 1];
      rgb[out + 2] = table[entry + 2];
      out += 3;
    }
    return rgb;
  }
}
