// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image.codec;

import io.owlmesh.core.OwlException;

/** The LZW of GIF: codes of 2 to 12 bits, least significant bit first. */
final class Lzw {
  private static final int MOST_BITS = 12;
  private static final int CODES = 1 << MOST_BITS;

  private final byte[] packed;
  private final int clear;
  private final int firstWidth;
  // A string is the one at its prefix and one more index.
  private final int[] prefix = new int[CODES];
  private final byte[] last = new byte[CODES];
  private final int[] length = new int[CODES];
  private final byte[] out;
  private int filled;
  private long bitAt;

  private Lzw(byte[] packed, int bits, int count) {
    this.packed = packed;
    this.clear = 1 << bits;
    this.firstWidth = bits + 1;
    this.out = new byte[count];
    for (int i = 0; i < clear; i++) {
      last[i] = (byte) i;
      length[i] = 1;
    }
  }

  /**
   * The indices that packed bytes, without their block lengths, stand for.
   *
   * @param bits of an index, 1 to 8; codes start one bit wider
   * @return exactly {@code count} indices
   * @throws OwlException if there are fewer, or a code stands for nothing
   */
  static byte[] unpack(byte[] packed, int bits, int count) {
    if (bits < 1 || bits > 8) {
      throw BadPicture.corrupt("GIF");
    }
    return new Lzw(packed, bits, count).unpack();
  }

  private byte[] unpack() {
    int next = clear + 2;
    int width = firstWidth;
    int previous = -1;
    while (filled < out.length) {
      int code = readCode(width);
      if (code == clear) {
        next = clear + 2;
        width = firstWidth;
        previous = -1;
        continue;
      }
      boolean ahead = code == next && previous >= 0;
      if (code == clear + 1 || (code >= next && !ahead)) {
        throw BadPicture.corrupt("GIF");
      }
      byte first = append(ahead ? previous : code);
      if (ahead) {
        // The code just being made: what came before, and the first index of that again.
        appendOne(first);
      }
      if (previous >= 0 && next < CODES) {
        prefix[next] = previous;
        last[next] = first;
        length[next] = length[previous] + 1;
        next++;
        if (next == 1 << width && width < MOST_BITS) {
          width++;
        }
      }
      previous = code;
    }
    return out;
  }

  /** Appends what a code stands for, from its end to its start, and returns its first index. */
  private byte append(int code) {
    int end = filled + length[code];
    byte first = 0;
    int walk = code;
    for (int at = end - 1; at >= filled; at--) {
      first = last[walk];
      if (at < out.length) {
        out[at] = first;
      }
      walk = prefix[walk];
    }
    filled = end;
    return first;
  }

  private void appendOne(byte index) {
    if (filled < out.length) {
      out[filled] = index;
    }
    filled++;
  }

  private int readCode(int width) {
    if (bitAt + width > 8L * packed.length) {
      throw BadPicture.corrupt("GIF");
    }
    int bits = 0;
    int from = (int) (bitAt >> 3);
    // A code of 12 bits that starts within a byte spans three at most.
    for (int i = 0; i < 3 && from + i < packed.length; i++) {
      bits |= (packed[from + i] & 0xff) << (8 * i);
    }
    int code = (bits >> (bitAt & 7)) & ((1 << width) - 1);
    bitAt += width;
    return code;
  }
}
