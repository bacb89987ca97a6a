// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.data;

import io.owlmesh.trainer.data.BadSample.Reason;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * Shards of a WebDataset: entries of one sample share their name up to the first dot. {@code .json}
 * holds the fields of a JSONL line, images follow by name. In memory is where each entry begins.
 */
final class TarShards implements SampleSource {
  private static final long MAX_LINE = 16L << 20;
  private static final long MAX_IMAGE = 64L << 20;
  private static final Set<String> IMAGES = Set.of("png", "jpg", "jpeg", "webp", "gif", "bmp");

  private final List<FileChannel> channels;
  private final List<Group> groups;

  /** A stretch of a shard. */
  private record Entry(int shard, String name, long offset, long size) {}

  /** The entries of one sample. */
  private record Group(Entry fields, List<Entry> images) {}

  private TarShards(List<FileChannel> channels, List<Group> groups) {
    this.channels = channels;
    this.groups = groups;
  }

  static TarShards open(List<Path> files) throws IOException {
    List<FileChannel> channels = new ArrayList<>();
    List<Group> groups = new ArrayList<>();
    try {
      for (Path file : files) {
        index(file, channels.size(), groups);
        channels.add(FileChannel.open(file, StandardOpenOption.READ));
      }
      return new TarShards(channels, groups);
    } catch (IOException | RuntimeException e) {
      close(channels);
      throw e;
    }
  }

  private static void index(Path file, int shard, List<Group> groups) throws IOException {
    Map<String, List<Entry>> samples = new LinkedHashMap<>();
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 20);
        TarArchiveInputStream tar = new TarArchiveInputStream(in)) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        if (entry.isFile()) {
          String name = entry.getName();
          int dot = name.indexOf('.', name.lastIndexOf('/') + 1);
          String key = dot < 0 ? name : name.substring(0, dot);
          samples
              .computeIfAbsent(key, _ -> new ArrayList<>())
              .add(new Entry(shard, name, tar.getBytesRead(), entry.getSize()));
        }
      }
    }
    for (List<Entry> entries : samples.values()) {
      entries.sort(Comparator.comparing(Entry::name));
      entries.stream()
          .filter(entry -> entry.name().endsWith(".json"))
          .findFirst()
          .ifPresent(fields ->
              groups.add(new Group(fields, entries.stream().filter(TarShards::isImage).toList())));
    }
  }

  private static boolean isImage(Entry entry) {
    return IMAGES.contains(entry.name().substring(entry.name().lastIndexOf('.') + 1));
  }

  @Override
  public int size() {
    return groups.size();
  }

  @Override
  public TrainingSample read(int index) throws BadSample {
    Group group = groups.get(index);
    Entry line = group.fields();
    if (line.size() > MAX_LINE) {
      throw new BadSample(
          Reason.BAD_LINE,
          "%s: %d bytes, the limit is %d".formatted(line.name(), line.size(), MAX_LINE));
    }
    try {
      SampleFields fields = SampleFields.parse(read(line));
      List<TrainingSample.Image> images = new ArrayList<>();
      for (Entry entry : group.images()) {
        images.add(new ImageEntry(this, entry));
      }
      return new TrainingSample(line.name(), fields.text(), images, fields.labels());
    } catch (IOException e) {
      throw new UncheckedIOException(line.name() + " cannot be read", e);
    } catch (BadSample e) {
      throw new BadSample(e.reason(), line.name() + " " + e.getMessage());
    }
  }

  private record ImageEntry(TarShards shards, Entry entry) implements TrainingSample.Image {
    @Override
    public String name() {
      return entry.name();
    }

    @Override
    public byte[] read() throws IOException {
      return shards.read(entry);
    }
  }

  private byte[] read(Entry entry) throws IOException {
    if (entry.size() > MAX_IMAGE) {
      throw new IOException(
          "%s has %d bytes, the limit is %d".formatted(entry.name(), entry.size(), MAX_IMAGE));
    }
    byte[] bytes = new byte[(int) entry.size()];
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      if (channels.get(entry.shard()).read(buffer, entry.offset() + buffer.position()) < 0) {
        throw new IOException(entry.name() + " is cut off");
      }
    }
    return bytes;
  }

  @Override
  public void close() {
    close(channels);
  }

  private static void close(List<FileChannel> channels) {
    for (FileChannel channel : channels) {
      try {
        channel.close();
      } catch (IOException _) {
        // It was only read.
      }
    }
  }
}
