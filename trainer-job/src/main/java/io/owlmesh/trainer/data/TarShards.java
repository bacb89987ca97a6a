// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.data;

import io.owlmesh.trainer.data.BadSample.Reason;
import java.io.BufferedInputStream;
import java.io.EOFException;
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
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * Shards of a WebDataset: files of one sample share their path up to the first dot of their name;
 * what is behind it is their ending, in any case. {@code json} holds the fields of a JSONL line,
 * images follow by name, numbers in it by value: {@code 7.json}, {@code 7.0.png}, {@code 7.1.png}.
 * Names that begin with a dot are no samples. In memory is where each file begins.
 */
public final class TarShards implements SampleSource {
  private static final long MAX_LINE = 16L << 20;
  private static final long MAX_IMAGE = 64L << 20;
  private static final Pattern NUMBER = Pattern.compile("\\d+");
  private static final Set<String> IMAGES = Set.of("png", "jpg", "jpeg", "webp", "gif", "bmp");

  private final List<FileChannel> channels;
  private final List<Group> groups;

  /** A stretch of a shard. */
  private record Entry(int shard, String name, long offset, long size) {}

  /**
   * The files of one sample.
   *
   * @param fields those that end with {@code json}; one is right
   */
  private record Group(String key, List<Entry> fields, List<Entry> images) {}

  private TarShards(List<FileChannel> channels, List<Group> groups) {
    this.channels = channels;
    this.groups = groups;
  }

  /**
   * Finds the samples of shards.
   *
   * @param files in their order
   * @throws IOException if one cannot be read, or is no tar
   */
  public static TarShards open(List<Path> files) throws IOException {
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
        if (isPlainFile(entry)) {
          String name = entry.getName();
          int dot = name.indexOf('.', name.lastIndexOf('/') + 1);
          if (dot > name.lastIndexOf('/') + 1) {
            samples
                .computeIfAbsent(name.substring(0, dot), _ -> new ArrayList<>())
                .add(new Entry(shard, name, tar.getBytesRead(), entry.getSize()));
          }
        }
      }
    }
    samples.forEach((key, entries) -> {
      entries.sort(Comparator.comparing(entry -> numbersByValue(entry.name())));
      List<Entry> fields = entries.stream().filter(e -> ending(key, e).equals("json")).toList();
      List<Entry> images = entries.stream().filter(TarShards::isImage).toList();
      // Whatever else lies in a shard is no sample.
      if (!fields.isEmpty() || !images.isEmpty()) {
        groups.add(new Group(key, fields, images));
      }
    });
  }

  /** Links have no content of their own, and that of a sparse file lies in pieces. */
  private static boolean isPlainFile(TarArchiveEntry entry) {
    return entry.isFile() && !entry.isLink() && !entry.isSymbolicLink() && !entry.isSparse();
  }

  private static String numbersByValue(String name) {
    return NUMBER
        .matcher(name)
        .replaceAll(found -> "0".repeat(Math.max(0, 20 - found.group().length())) + found.group());
  }

  private static String ending(String key, Entry entry) {
    return entry.name().substring(key.length() + 1).toLowerCase(Locale.ROOT);
  }

  private static boolean isImage(Entry entry) {
    String name = entry.name().toLowerCase(Locale.ROOT);
    return IMAGES.contains(name.substring(name.lastIndexOf('.') + 1));
  }

  @Override
  public int size() {
    return groups.size();
  }

  @Override
  public TrainingSample read(int index) throws BadSample {
    Group group = groups.get(index);
    if (group.fields().isEmpty()) {
      throw new BadSample(Reason.NO_TEXT, group.key() + " has 0 files named .json");
    }
    byte[] json = fields(group).orElseThrow();
    String name = group.fields().getFirst().name();
    try {
      SampleFields fields = SampleFields.parse(json);
      return new TrainingSample(name, fields.text(), images(group), fields.labels());
    } catch (BadSample e) {
      throw new BadSample(e.reason(), name + " " + e.getMessage());
    }
  }

  /** Path of a sample in its shard, without its endings. */
  public String key(int index) {
    return groups.get(index).key();
  }

  /**
   * The JSON of a sample, UTF-8; nothing if it has none.
   *
   * @throws BadSample if it has several, or a very long one
   */
  public Optional<byte[]> fields(int index) throws BadSample {
    return fields(groups.get(index));
  }

  /** The images of a sample, in their order. */
  public List<TrainingSample.Image> images(int index) {
    return images(groups.get(index));
  }

  private List<TrainingSample.Image> images(Group group) {
    return group.images().stream()
        .<TrainingSample.Image>map(entry -> new ImageEntry(this, entry))
        .toList();
  }

  private Optional<byte[]> fields(Group group) throws BadSample {
    if (group.fields().isEmpty()) {
      return Optional.empty();
    }
    if (group.fields().size() > 1) {
      throw new BadSample(
          Reason.BAD_LINE,
          "%s has %d files named .json".formatted(group.key(), group.fields().size()));
    }
    Entry line = group.fields().getFirst();
    if (line.size() > MAX_LINE) {
      throw new BadSample(
          Reason.BAD_LINE,
          "%s: %d bytes, the limit is %d".formatted(line.name(), line.size(), MAX_LINE));
    }
    try {
      return Optional.of(read(line));
    } catch (EOFException e) {
      throw new BadSample(Reason.BAD_LINE, String.valueOf(e.getMessage()));
    } catch (IOException e) {
      throw new UncheckedIOException(line.name() + " cannot be read", e);
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
        throw new EOFException(entry.name() + " is cut off: the shard has become shorter");
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
