// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.zip.CRC32;

/** Picture files of the fixture, and crafted ones. */
final class TestImageFiles {
  private TestImageFiles() {}

  static byte[] bytes(String name) throws IOException {
    return Files.readAllBytes(Golden.FOLDER.resolve("images").resolve(name));
  }

  static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }

  /** The start of a JPEG, one more segment, and the rest. */
  static byte[] withSegment(byte[] jpeg, String hex) {
    return concat(
        Arrays.copyOf(jpeg, 2),
        HexFormat.of().parseHex(hex),
        Arrays.copyOfRange(jpeg, 2, jpeg.length));
  }

  static int indexOf(byte[] file, String hex) {
    byte[] wanted = HexFormat.of().parseHex(hex);
    for (int i = 0; i + wanted.length <= file.length; i++) {
      if (Arrays.equals(file, i, i + wanted.length, wanted, 0, wanted.length)) {
        return i;
      }
    }
    throw new IllegalArgumentException(hex + " is not there");
  }

  static byte[] png(int width, int height, int depth, int colour, byte[] data) {
    byte[] header =
        ByteBuffer.allocate(13)
            .putInt(width)
            .putInt(height)
            .put((byte) depth)
            .put((byte) colour)
            .array();
    return concat(
        HexFormat.of().parseHex("89504e470d0a1a0a"),
        chunk("IHDR", header),
        chunk("IDAT", data),
        chunk("IEND", new byte[0]));
  }

  static byte[] chunk(String type, byte[] body) {
    byte[] typed = concat(type.getBytes(StandardCharsets.US_ASCII), body);
    CRC32 sum = new CRC32();
    sum.update(typed);
    return ByteBuffer.allocate(typed.length + 8)
        .putInt(body.length)
        .put(typed)
        .putInt((int) sum.getValue())
        .array();
  }
}
