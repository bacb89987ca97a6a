// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.spark.batch;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.spark.sql.SparkSession;
import org.jspecify.annotations.Nullable;

/** Where rows and images lie. */
final class BatchFiles {
  /** As {@code ./owl batch} has it. */
  static final long MAX_IMAGE = 20L << 20;

  private static final int PIECE = 1 << 16;

  private BatchFiles() {}

  /** SHA-256 of a file of this machine, hex; nothing if it cannot be read or is too large. */
  static @Nullable String digest(String path) {
    try {
      Path file = Path.of(path);
      if (Files.size(file) > MAX_IMAGE) {
        return null;
      }
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] piece = new byte[PIECE];
      try (InputStream in = Files.newInputStream(file)) {
        for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
          digest.update(piece, 0, read);
        }
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (IOException | InvalidPathException unreadable) {
      return null; // Whoever asks says so.
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  static boolean isFolder(SparkSession spark, String uri) {
    try {
      var path = new org.apache.hadoop.fs.Path(uri);
      return files(spark, path).getFileStatus(path).isDirectory();
    } catch (IOException e) {
      throw new IllegalArgumentException("--input: " + e.getMessage(), e);
    }
  }

  /**
   * The files of a pattern, by name.
   *
   * @throws IllegalArgumentException if there is none
   */
  static List<String> matching(SparkSession spark, String pattern) {
    try {
      var path = new org.apache.hadoop.fs.Path(pattern);
      FileStatus[] found = files(spark, path).globStatus(path);
      if (found == null || found.length == 0) {
        throw new IllegalArgumentException("--input: there is no file " + pattern);
      }
      return Arrays.stream(found).map(one -> one.getPath().toString()).sorted().toList();
    } catch (IOException e) {
      throw new IllegalArgumentException("--input: " + e.getMessage(), e);
    }
  }

  /** Whether a folder is there, with tables in it. */
  static boolean holdsParquet(SparkSession spark, String uri) {
    try {
      var path = new org.apache.hadoop.fs.Path(uri);
      FileSystem files = files(spark, path);
      if (!files.exists(path)) {
        return false;
      }
      for (FileStatus file : files.listStatus(path)) {
        if (file.getPath().getName().endsWith(".parquet")) {
          return true;
        }
      }
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** At most three names in a folder that are none of a table of Spark. */
  static List<String> others(SparkSession spark, String uri) {
    try {
      var path = new org.apache.hadoop.fs.Path(uri);
      FileSystem files = files(spark, path);
      if (!files.exists(path)) {
        return List.of();
      }
      return Arrays.stream(files.listStatus(path))
          .map(one -> one.getPath().getName())
          .filter(name -> !name.matches("[_.].*|.*\\.parquet"))
          .limit(3)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static FileSystem files(SparkSession spark, org.apache.hadoop.fs.Path path)
      throws IOException {
    return path.getFileSystem(spark.sparkContext().hadoopConfiguration());
  }

  /** The folder that relative paths of a table begin at. */
  static String folderOf(String uri) {
    var folder = new org.apache.hadoop.fs.Path(uri).getParent();
    return folder == null ? "/" : folder.toUri().getPath();
  }
}
