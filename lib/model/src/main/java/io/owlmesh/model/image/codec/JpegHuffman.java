// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image.codec;

import java.io.ByteArrayOutputStream;
import javax.imageio.plugins.jpeg.JPEGHuffmanTable;

/**
 * The Huffman tables that a file defines, and those of ITU-T T.81, annex K, for the ones that it
 * does not: frames of Motion JPEG, which cameras save as files, leave them out, and decoders take
 * these for them.
 */
public final class JpegHuffman {
  private static final int AC = 0x10;

  // By class and identifier, as a segment writes them in one byte.
  private final boolean[] defined = new boolean[256];

  /**
   * Notes the tables of a DHT segment.
   *
   * @param at where its body begins
   */
  public void read(byte[] file, int at, int length) {
    int next = at;
    while (next + 17 <= at + length) {
      defined[file[next] & 0xff] = true;
      int values = 0;
      for (int i = 1; i <= 16; i++) {
        values += file[next + i] & 0xff;
      }
      next += 17 + values;
    }
  }

  /** The segments that define what is missing. */
  public byte[] missing() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    write(0, JPEGHuffmanTable.StdDCLuminance, out);
    write(1, JPEGHuffmanTable.StdDCChrominance, out);
    write(AC, JPEGHuffmanTable.StdACLuminance, out);
    write(AC + 1, JPEGHuffmanTable.StdACChrominance, out);
    return out.toByteArray();
  }

  private void write(int which, JPEGHuffmanTable table, ByteArrayOutputStream out) {
    if (defined[which]) {
      return;
    }
    short[] lengths = table.getLengths();
    short[] values = table.getValues();
    int length = 2 + 1 + 16 + values.length;
    out.write(0xff);
    out.write(0xc4);
    out.write(length >> 8);
    out.write(length);
    out.write(which);
    for (int i = 0; i < 16; i++) {
      out.write(i < lengths.length ? lengths[i] : 0);
    }
    for (short value : values) {
      out.write(value);
    }
  }
}
