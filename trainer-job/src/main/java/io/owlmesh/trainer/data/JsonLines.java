// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.data;

import io.owlmesh.trainer.data.BadSample.Reason;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A JSONL file: in memory is where each line begins, everything else is read when asked for. */
final class JsonLines implements SampleSource {
  private static final int MAX_LINE = 16 << 20;
  private static final long MAX_IMAGE = 64L << 20;

  private final Path file;
  private final Path root;
  private final FileChannel channel;
  // [size + 1]: where each line begins, then the end of the file.
  private final long[] starts;

  private JsonLines(Path file, Path root, FileChannel channel, long[] starts) {
    this.file = file;
    this.root = root;
    this.channel = channel;
    this.starts = starts;
  }

  /**
   * @param root folder that image paths are relative to, and must not leave
   */
  static JsonLines open(Path file, Path root) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    try {
      return new JsonLines(file, root.toAbsolutePath().normalize(), channel, index(channel));
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static long[] index(FileChannel channel) throws IOException {
    long[] starts = new long[1024];
    int count = 0;
    ByteBuffer buffer = ByteBuffer.allocate(1 << 20);
    long begin = 0;
    long at = 0;
    boolean blank = true;
    while (channel.read(buffer, at) > 0) {
      buffer.flip();
      while (buffer.hasRemaining()) {
        byte next = buffer.get();
        at++;
        blank &= next <= ' ' && next >= 0;
        if (next == '\n') {
          if (!blank) {
            starts = put(starts, count++, begin);
          }
          begin = at;
          blank = true;
        }
      }
      buffer.clear();
    }
    if (!blank) {
      starts = put(starts, count++, begin);
    }
    starts = put(starts, count, at);
    return Arrays.copyOf(starts, count + 1);
  }

  private static long[] put(long[] array, int at, long value) {
    long[] room = at < array.length ? array : Arrays.copyOf(array, 2 * array.length);
    room[at] = value;
    return room;
  }

  @Override
  public int size() {
    return starts.length - 1;
  }

  @Override
  public TrainingSample read(int index) throws BadSample {
    String key = file.getFileName() + ", sample " + (index + 1);
    long length = starts[index + 1] - starts[index];
    if (length > MAX_LINE) {
      throw new BadSample(
          Reason.BAD_LINE, "%s: %d bytes, the limit is %d".formatted(key, length, MAX_LINE));
    }
    byte[] line = new byte[(int) length];
    try {
      ByteBuffer buffer = ByteBuffer.wrap(line);
      while (buffer.hasRemaining()) {
        if (channel.read(buffer, starts[index] + buffer.position()) < 0) {
          throw new BadSample(Reason.BAD_LINE, key + " is cut off: the file has become shorter");
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(key + " cannot be read", e);
    }
    try {
      SampleFields fields = SampleFields.parse(line);
      List<TrainingSample.Image> images = new ArrayList<>();
      for (String image : fields.images()) {
        images.add(image(image));
      }
      return new TrainingSample(key, fields.text(), images, fields.labels());
    } catch (BadSample e) {
      throw new BadSample(e.reason(), key + " " + e.getMessage());
    }
  }

  private TrainingSample.Image image(String name) throws BadSample {
    Path path;
    try {
      path = root.resolve(name).normalize();
    } catch (InvalidPathException e) {
      throw new BadSample(Reason.MISSING_IMAGE, "image is no path: " + e.getReason());
    }
    if (!path.startsWith(root)) {
      throw new BadSample(Reason.MISSING_IMAGE, "image " + name + " lies outside " + root);
    }
    return new ImageFile(name, path);
  }

  private record ImageFile(String name, Path path) implements TrainingSample.Image {
    @Override
    public byte[] read() throws IOException {
      if (!Files.isRegularFile(path)) {
        throw new NoSuchFileException(name);
      }
      if (Files.size(path) > MAX_IMAGE) {
        throw new IOException(
            "%s has %d bytes, the limit is %d".formatted(name, Files.size(path), MAX_IMAGE));
      }
      return Files.readAllBytes(path);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException _) {
      // It was only read.
    }
  }
}
