// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.weights;

import io.owlmesh.core.OwlException;
import io.owlmesh.model.json.StrictJson;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The directory of a zip archive, with Zip64, read to find where stored (uncompressed) members lie
 * so that they can be mapped: java.util.zip does not tell. Layout per PKWARE APPNOTE 4.3.
 */
final class ZipDirectory {
  private static final int END = 0x06054b50;
  private static final int END64 = 0x06064b50;
  private static final int LOCATOR64 = 0x07064b50;
  private static final int CENTRAL = 0x02014b50;
  private static final int LOCAL = 0x04034b50;
  private static final int END_BYTES = 22;
  private static final long U32 = 0xFFFFFFFFL;
  private static final long MAX_DIRECTORY = 64L << 20;

  private final String where;
  private final FileChannel channel;
  private final long fileSize;
  private final SortedMap<String, Member> members = new TreeMap<>();

  /**
   * A member of the archive.
   *
   * @param size of the data, bytes
   * @param header offset of the local header in the file, bytes
   */
  record Member(String name, long size, long header, boolean stored) {}

  private ZipDirectory(FileChannel channel, String where) throws IOException {
    this.channel = channel;
    this.where = where;
    this.fileSize = channel.size();
  }

  /**
   * Reads the directory.
   *
   * @throws OwlException BAD_CHECKPOINT if the archive is damaged
   */
  static ZipDirectory read(FileChannel channel, String where) throws IOException {
    ZipDirectory zip = new ZipDirectory(channel, where);
    zip.readDirectory();
    return zip;
  }

  SortedMap<String, Member> members() {
    return Collections.unmodifiableSortedMap(members);
  }

  /** Offset in the file of the first byte of a stored member. */
  long dataOffset(Member member) throws IOException {
    if (!member.stored()) {
      throw bad(member.name() + " is compressed or encrypted; torch.save stores members plainly");
    }
    ByteBuffer header = bytes(member.header(), 30);
    if (header.getInt(0) != LOCAL) {
      throw bad(member.name() + " has no local header where the directory points");
    }
    long start =
        member.header()
            + 30
            + Short.toUnsignedInt(header.getShort(26))
            + Short.toUnsignedInt(header.getShort(28));
    if (start > fileSize || member.size() > fileSize - start) {
      throw bad("truncated: " + member.name() + " reaches past the end of the file");
    }
    return start;
  }

  private OwlException bad(String message) {
    return OwlException.badCheckpoint(where, message);
  }

  private ByteBuffer bytes(long position, long length) throws IOException {
    if (position < 0 || length < 0 || length > MAX_DIRECTORY || position > fileSize - length) {
      throw bad("damaged zip: a structure at byte %d of %d".formatted(position, fileSize));
    }
    return ByteBuffer.wrap(StrictJson.readFully(channel, position, (int) length))
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  private void readDirectory() throws IOException {
    long tailSize = Math.min(fileSize, END_BYTES + 65_535L);
    ByteBuffer tail = bytes(fileSize - tailSize, tailSize);
    int at = tail.limit() - END_BYTES;
    while (at >= 0 && tail.getInt(at) != END) {
      at--;
    }
    if (at < 0) {
      throw bad("truncated: no end of zip directory");
    }
    long count = Short.toUnsignedLong(tail.getShort(at + 10));
    long size = Integer.toUnsignedLong(tail.getInt(at + 12));
    long start = Integer.toUnsignedLong(tail.getInt(at + 16));
    long endAt = fileSize - tailSize + at;
    if (count == 0xFFFF || size == U32 || start == U32) {
      ByteBuffer locator = bytes(endAt - 20, 20);
      if (locator.getInt(0) != LOCATOR64) {
        throw bad("damaged zip: no Zip64 locator");
      }
      ByteBuffer end64 = bytes(locator.getLong(8), 56);
      if (end64.getInt(0) != END64) {
        throw bad("damaged zip: no Zip64 end record");
      }
      count = end64.getLong(32);
      size = end64.getLong(40);
      start = end64.getLong(48);
    }
    readMembers(bytes(start, size), count);
  }

  private void readMembers(ByteBuffer directory, long count) {
    for (long i = 0; i < count; i++) {
      int at = directory.position();
      if (directory.remaining() < 46 || directory.getInt(at) != CENTRAL) {
        throw bad("damaged zip: %d directory records of %d".formatted(i, count));
      }
      int nameLength = Short.toUnsignedInt(directory.getShort(at + 28));
      int extraLength = Short.toUnsignedInt(directory.getShort(at + 30));
      int commentLength = Short.toUnsignedInt(directory.getShort(at + 32));
      if (directory.remaining() < 46 + nameLength + extraLength + commentLength) {
        throw bad("damaged zip: a directory record is cut");
      }
      byte[] name = new byte[nameLength];
      directory.get(at + 46, name);
      Member member =
          member(
              directory,
              at,
              new String(name, StandardCharsets.UTF_8),
              directory.slice(at + 46 + nameLength, extraLength).order(ByteOrder.LITTLE_ENDIAN));
      if (members.put(member.name(), member) != null) {
        throw bad("damaged zip: " + member.name() + " occurs twice");
      }
      directory.position(at + 46 + nameLength + extraLength + commentLength);
    }
  }

  /**
   * Sizes that do not fit 32 bits are in the Zip64 extra field (id 1), only those, in this order.
   */
  private Member member(ByteBuffer directory, int at, String name, ByteBuffer extra) {
    boolean encrypted = (directory.getShort(at + 8) & 1) != 0;
    int method = Short.toUnsignedInt(directory.getShort(at + 10));
    long packed = Integer.toUnsignedLong(directory.getInt(at + 20));
    long size = Integer.toUnsignedLong(directory.getInt(at + 24));
    long header = Integer.toUnsignedLong(directory.getInt(at + 42));
    while (extra.remaining() >= 4) {
      int id = Short.toUnsignedInt(extra.getShort());
      int length = Math.min(Short.toUnsignedInt(extra.getShort()), extra.remaining());
      ByteBuffer field = extra.slice(extra.position(), length).order(ByteOrder.LITTLE_ENDIAN);
      if (id == 1) {
        size = size == U32 ? wide(field, name) : size;
        packed = packed == U32 ? wide(field, name) : packed;
        header = header == U32 ? wide(field, name) : header;
      }
      extra.position(extra.position() + length);
    }
    if (size < 0 || header < 0) {
      throw bad("damaged zip: impossible size of " + name);
    }
    return new Member(name, size, header, method == 0 && !encrypted && packed == size);
  }

  private long wide(ByteBuffer field, String name) {
    if (field.remaining() < 8) {
      throw bad("damaged zip: the Zip64 sizes of " + name + " are cut");
    }
    return field.getLong();
  }
}
