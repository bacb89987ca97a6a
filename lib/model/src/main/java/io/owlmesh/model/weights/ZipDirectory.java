// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.weights;

import io.owlmesh.core.OwlException;
import io.owlmesh.model.json.StrictJson;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.util.Arrays;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipFile;
import org.apache.commons.compress.archivers.zip.ZipMethod;

/**
 * The directory of a zip archive, with Zip64, read to find where stored (uncompressed) members lie
 * so that they can be mapped.
 */
final class ZipDirectory {
  /** Bytes of a directory: some 80,000 members, where a model has hundreds. */
  private static final int MAX_DIRECTORY = 8 << 20;

  /** PK 3 4, the signature of a local header. */
  private static final byte[] LOCAL = {'P', 'K', 3, 4};

  private final String where;
  private final FileChannel channel;
  private final SortedMap<String, Member> members = new TreeMap<>();

  /**
   * A member of the archive.
   *
   * @param size of the data, bytes
   * @param header offset in the file of the local header
   * @param start offset in the file of the first byte of the data
   */
  record Member(String name, long size, long header, long start, boolean stored) {}

  private ZipDirectory(FileChannel channel, String where) {
    this.where = where;
    this.channel = channel;
  }

  /**
   * Reads the directory.
   *
   * @throws OwlException BAD_CHECKPOINT if the archive is damaged
   */
  static ZipDirectory read(FileChannel channel, String where) throws IOException {
    ZipDirectory zip = new ZipDirectory(channel, where);
    try (ZipFile file =
        ZipFile.builder().setSeekableByteChannel(new Bounded(channel, where)).get()) {
      for (ZipArchiveEntry entry : Collections.list(file.getEntries())) {
        zip.add(entry);
      }
    } catch (OwlException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      // Numbers that fit no archive also end as one of several unchecked exceptions.
      throw zip.bad("damaged zip: " + e.getMessage());
    }
    return zip;
  }

  SortedMap<String, Member> members() {
    return Collections.unmodifiableSortedMap(members);
  }

  private void add(ZipArchiveEntry entry) {
    boolean stored =
        entry.getMethod() == ZipMethod.STORED.getCode()
            && !entry.getGeneralPurposeBit().usesEncryption()
            && entry.getCompressedSize() == entry.getSize();
    Member member =
        new Member(
            entry.getName(),
            entry.getSize(),
            entry.getLocalHeaderOffset(),
            entry.getDataOffset(),
            stored);
    if (member.size() < 0 || member.start() < 0) {
      throw bad("damaged zip: impossible size of " + member.name());
    }
    if (members.put(member.name(), member) != null) {
      throw bad("damaged zip: " + member.name() + " occurs twice");
    }
  }

  /** Offset in the file of the first byte of a stored member, all of which is in the file. */
  long dataOffset(Member member) throws IOException {
    if (!member.stored()) {
      throw bad(member.name() + " is compressed or encrypted; torch.save stores members plainly");
    }
    // The directory is believed by the library, wherever it points.
    byte[] header = StrictJson.readFully(channel, member.header(), LOCAL.length);
    if (!Arrays.equals(header, LOCAL)) {
      throw bad(member.name() + " has no local header where the directory points");
    }
    long fileSize = channel.size();
    if (member.start() > fileSize || member.size() > fileSize - member.start()) {
      throw bad("truncated: " + member.name() + " reaches past the end of the file");
    }
    return member.start();
  }

  private OwlException bad(String message) {
    return OwlException.badCheckpoint(where, message);
  }

  /** Reads no more than a directory may take, and leaves the file open. */
  private static final class Bounded implements SeekableByteChannel {
    private final FileChannel channel;
    private final String where;
    private long read;
    private long position;

    Bounded(FileChannel channel, String where) {
      this.channel = channel;
      this.where = where;
    }

    @Override
    public int read(ByteBuffer to) throws IOException {
      int count = channel.read(to, position);
      position += Math.max(0, count);
      read += Math.max(0, count);
      if (read > MAX_DIRECTORY) {
        throw OwlException.badCheckpoint(
            where, "damaged zip: its directory takes more than %d bytes".formatted(MAX_DIRECTORY));
      }
      return count;
    }

    @Override
    public long position() {
      return position;
    }

    @Override
    public SeekableByteChannel position(long at) {
      position = at;
      return this;
    }

    @Override
    public long size() throws IOException {
      return channel.size();
    }

    @Override
    public int write(ByteBuffer from) {
      throw new UnsupportedOperationException();
    }

    @Override
    public SeekableByteChannel truncate(long size) {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean isOpen() {
      return channel.isOpen();
    }

    @Override
    public void close() {
      // Whoever opened the file reads on.
    }
  }
}
