// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Walks the fields of one protobuf message: enough of the wire format to read a tokeniser. */
final class ProtoReader {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  /** The bytes are not such a message. */
  static final class Malformed extends IOException {
    Malformed(String message) {
      super(message);
    }
  }

  private final ByteBuffer bytes;
  private int tag;

  ProtoReader(byte[] bytes) {
    this(ByteBuffer.wrap(bytes));
  }

  private ProtoReader(ByteBuffer bytes) {
    this.bytes = bytes.order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Moves to the next field; its value must then be read or skipped. False at the end. */
  boolean next() throws Malformed {
    if (!bytes.hasRemaining()) {
      return false;
    }
    tag = (int) varint();
    return true;
  }

  int field() {
    return tag >>> 3;
  }

  int int32() throws Malformed {
    expect(VARINT);
    return (int) varint();
  }

  float float32() throws Malformed {
    expect(FIXED32);
    return take(Float.BYTES).getFloat();
  }

  String string() throws Malformed {
    expect(BYTES);
    return StandardCharsets.UTF_8.decode(take(length())).toString();
  }

  ProtoReader message() throws Malformed {
    expect(BYTES);
    return new ProtoReader(take(length()));
  }

  void skip() throws Malformed {
    switch (tag & 7) {
      case VARINT -> varint();
      case FIXED64 -> take(Long.BYTES);
      case BYTES -> take(length());
      case FIXED32 -> take(Integer.BYTES);
      default -> throw new Malformed("wire type " + (tag & 7));
    }
  }

  private void expect(int wireType) throws Malformed {
    if ((tag & 7) != wireType) {
      throw new Malformed("field " + field() + " has wire type " + (tag & 7));
    }
  }

  private int length() throws Malformed {
    long length = varint();
    return length < 0 || length > bytes.remaining() ? Integer.MAX_VALUE : (int) length;
  }

  private ByteBuffer take(int length) throws Malformed {
    if (length > bytes.remaining()) {
      throw new Malformed("it ends within field " + field());
    }
    ByteBuffer taken = bytes.slice(bytes.position(), length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.position(bytes.position() + length);
    return taken;
  }

  private long varint() throws Malformed {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      byte next = take(1).get();
      value |= (long) (next & 0x7F) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new Malformed("a number of more than ten bytes");
  }
}
