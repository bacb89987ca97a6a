// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.data;

import io.owlmesh.core.OwlException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Opens data sets: a JSONL file in the paper's format, or tar shards as WebDataset lays them out.
 */
public final class SampleSources {
  private SampleSources() {}

  /**
   * Opens a data set.
   *
   * @param pattern a file, or a pattern over file names such as {@code align-*.tar} or {@code
   *     align-{00000,00001}.tar}
   * @param images folder that image paths of JSONL are relative to; the file's own if empty
   * @throws OwlException BAD_INPUT if there is none, it is empty or it cannot be read
   */
  public static SampleSource open(String pattern, Optional<Path> images) {
    List<Path> files = files(pattern);
    Path first = files.getFirst();
    try {
      SampleSource source;
      if (first.toString().toLowerCase(Locale.ROOT).endsWith(".tar")) {
        source = TarShards.open(files);
      } else if (files.size() == 1) {
        Path folder = first.toAbsolutePath().getParent();
        source = JsonLines.open(first, images.orElse(folder == null ? Path.of("/") : folder));
      } else {
        throw OwlException.badInput("data", pattern + " names several files; only .tar may");
      }
      if (source.size() == 0) {
        source.close();
        throw OwlException.badInput("data", pattern + " holds no sample");
      }
      return source;
    } catch (IOException e) {
      throw OwlException.badInput("data", pattern + " cannot be read: " + e.getMessage());
    }
  }

  /**
   * The files of a data set, by name.
   *
   * @throws OwlException BAD_INPUT if there is none
   */
  public static List<Path> files(String pattern) {
    Path path = Path.of(pattern);
    if (Files.isRegularFile(path)) {
      return List.of(path);
    }
    Path folder = path.toAbsolutePath().getParent();
    List<Path> files = new ArrayList<>();
    if (folder != null && Files.isDirectory(folder)) {
      try (DirectoryStream<Path> found =
          Files.newDirectoryStream(folder, path.getFileName().toString())) {
        found.forEach(files::add);
      } catch (IOException e) {
        throw OwlException.badInput("data", pattern + " cannot be read: " + e.getMessage());
      }
    }
    if (files.isEmpty()) {
      throw OwlException.badInput("data", "there is no file " + pattern);
    }
    Collections.sort(files);
    return files;
  }
}
