// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.spark.batch;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.hadoop.fs.Path;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.TaskCompletionListener;
import org.jspecify.annotations.Nullable;

/**
 * Samples of a WebDataset's shards, as training reads them: files that share their path up to the
 * first dot of their name, of which {@code json} has fields and images follow by name, numbers in
 * it by value. Read from the first byte to the last, so that the files of a sample must lie beside
 * each other, as WebDataset writes them.
 */
final class ShardRows implements FlatMapFunction<String, Row> {
  private static final long serialVersionUID = 1;

  /** Path of a sample in its shard, its JSON and its images. */
  static final StructType SCHEMA =
      new StructType()
          .add("sample", DataTypes.StringType)
          .add("json", DataTypes.StringType)
          .add("image", DataTypes.createArrayType(DataTypes.BinaryType));

  private static final Set<String> IMAGES = Set.of("png", "jpg", "jpeg", "webp", "gif", "bmp");
  private static final Pattern NUMBER = Pattern.compile("\\d+");
  private static final long MAX_LINE = 16L << 20;

  @Override
  public Iterator<Row> call(String shard) throws IOException {
    Path path = new Path(shard);
    InputStream in = path.getFileSystem(SparkHadoopUtil.get().conf()).open(path);
    TaskContext.get().addTaskCompletionListener((TaskCompletionListener) ended -> close(in));
    return new Samples(shard, new TarArchiveInputStream(new BufferedInputStream(in, 1 << 20)));
  }

  private static void close(InputStream in) {
    try {
      in.close();
    } catch (IOException e) {
      // It was only read.
    }
  }

  /** The samples of a shard; one is in memory. */
  private static final class Samples implements Iterator<Row> {
    private final String shard;
    private final TarArchiveInputStream tar;
    private @Nullable TarArchiveEntry entry;

    Samples(String shard, TarArchiveInputStream tar) throws IOException {
      this.shard = shard;
      this.tar = tar;
      advance();
    }

    /** To the next file that belongs to a sample. */
    private void advance() throws IOException {
      do {
        entry = tar.getNextEntry();
      } while (entry != null && !isPart(entry));
    }

    private static boolean isPart(TarArchiveEntry entry) {
      boolean plain =
          entry.isFile() && !entry.isLink() && !entry.isSymbolicLink() && !entry.isSparse();
      return plain
          && !key(entry.getName()).isEmpty()
          && (isImage(entry.getName()) || isFields(entry.getName()));
    }

    /** Empty of names that begin with a dot, or have none. */
    private static String key(String name) {
      int begin = name.lastIndexOf('/') + 1;
      int dot = name.indexOf('.', begin);
      return dot > begin ? name.substring(0, dot) : "";
    }

    private static boolean isFields(String name) {
      return name.substring(key(name).length()).toLowerCase(Locale.ROOT).equals(".json");
    }

    private static boolean isImage(String name) {
      String lower = name.toLowerCase(Locale.ROOT);
      return IMAGES.contains(lower.substring(lower.lastIndexOf('.') + 1));
    }

    @Override
    public boolean hasNext() {
      return entry != null;
    }

    @Override
    public Row next() {
      if (entry == null) {
        throw new NoSuchElementException();
      }
      String key = key(entry.getName());
      String json = null;
      TreeMap<String, byte[]> images = new TreeMap<>(Comparator.comparing(Samples::numbersByValue));
      try {
        while (entry != null && key(entry.getName()).equals(key)) {
          String name = entry.getName();
          if (isImage(name)) {
            images.put(name, image(entry));
          } else if (json == null) {
            json = fields(entry);
          } else {
            throw new IllegalArgumentException(
                "%s: %s has several files named .json".formatted(shard, key));
          }
          advance();
        }
      } catch (IOException e) {
        throw new UncheckedIOException(shard + ": " + e.getMessage(), e);
      }
      List<byte[]> all = new ArrayList<>(images.values());
      return RowFactory.create(key, json, all.toArray(byte[][]::new));
    }

    private static String numbersByValue(String name) {
      return NUMBER
          .matcher(name)
          .replaceAll(
              found -> "0".repeat(Math.max(0, 20 - found.group().length())) + found.group());
    }

    /** Of one that is too large, a byte too much: whoever asks refuses it and goes on. */
    private byte[] image(TarArchiveEntry one) throws IOException {
      return tar.readNBytes((int) Math.min(one.getSize(), BatchFiles.MAX_IMAGE + 1));
    }

    private String fields(TarArchiveEntry one) throws IOException {
      if (one.getSize() > MAX_LINE) {
        throw new IllegalArgumentException(
            "%s: %s has %d bytes, at most %d are read"
                .formatted(shard, one.getName(), one.getSize(), MAX_LINE));
      }
      return new String(tar.readNBytes((int) one.getSize()), StandardCharsets.UTF_8);
    }
  }
}
