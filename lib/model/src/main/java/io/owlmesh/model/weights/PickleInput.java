// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.weights;

import io.owlmesh.core.OwlException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** The bytes of a pickle, read from first to last; lengths never exceed what is left. */
final class PickleInput {
  private final ByteBuffer in;
  private final String where;

  PickleInput(byte[] pickle, String where) {
    this.in = ByteBuffer.wrap(pickle).order(ByteOrder.LITTLE_ENDIAN);
    this.where = where;
  }

  static OwlException refusal(String where, String what) {
    return OwlException.badCheckpoint(where, "refused: the pickle holds " + what);
  }

  ByteBuffer take(long length) {
    if (length < 0 || length > in.remaining()) {
      throw refusal(where, "truncated: the pickle ends at byte " + in.limit());
    }
    ByteBuffer part = in.slice(in.position(), (int) length).order(ByteOrder.LITTLE_ENDIAN);
    in.position(in.position() + (int) length);
    return part;
  }

  /** A little-endian count of 1, 2, 4 or 8 bytes. */
  int unsigned(int size) {
    ByteBuffer part = take(size);
    return switch (size) {
      case 1 -> Byte.toUnsignedInt(part.get());
      case 2 -> Short.toUnsignedInt(part.getShort());
      default -> {
        long wide = size == 4 ? Integer.toUnsignedLong(part.getInt()) : part.getLong();
        if (wide < 0 || wide > Integer.MAX_VALUE) {
          throw refusal(where, "a length of " + Long.toUnsignedString(wide) + " bytes");
        }
        yield (int) wide;
      }
    };
  }

  /** A little-endian number in two's complement. */
  long signed(int size) {
    if (size > 8) {
      throw refusal(where, "a number of " + size + " bytes; 8 at most");
    }
    ByteBuffer part = take(size);
    long value = 0;
    for (int i = 0; i < size; i++) {
      value |= Byte.toUnsignedLong(part.get(i)) << (8 * i);
    }
    int unused = 64 - 8 * size;
    return size == 0 ? 0 : value << unused >> unused;
  }

  /** UTF-8. */
  String text(long length) {
    return StandardCharsets.UTF_8.decode(take(length)).toString();
  }

  /** Text up to a line feed, which is taken too. */
  String line() {
    int start = in.position();
    int end = start;
    while (end < in.limit() && in.get(end) != '\n') {
      end++;
    }
    String line = text(end - start);
    take(1);
    return line;
  }
}
