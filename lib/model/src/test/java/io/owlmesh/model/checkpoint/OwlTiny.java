// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** The golden fixture: one small model in four layouts, and its adapter in two namings. */
public final class OwlTiny {
  public static final List<String> LAYOUTS =
      List.of("safetensors", "safetensors-sharded-bf16", "bin-fp32", "bin-sharded-bf16");

  private OwlTiny() {}

  public static Path checkpoint(String layout) {
    return path("checkpoints/" + layout);
  }

  public static Path adapter(String naming) {
    return path("adapters/" + naming);
  }

  private static Path path(String name) {
    URL url = Objects.requireNonNull(OwlTiny.class.getResource("/owl-tiny/" + name), name);
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** A copy of a checkpoint that a test may spoil. */
  public static Path copy(String layout, Path into) {
    return copyFiles(checkpoint(layout), into);
  }

  public static Path copyFiles(Path from, Path into) {
    try (Stream<Path> files = Files.list(from)) {
      Files.createDirectories(into);
      for (Path file : files.toList()) {
        Files.copy(file, into.resolve(file.getFileName()));
      }
      return into;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Replaces text in a file, which must hold it. */
  static void edit(Path file, String from, String to) throws IOException {
    String text = Files.readString(file);
    if (!text.contains(from)) {
      throw new IllegalArgumentException(file + " does not hold " + from);
    }
    Files.writeString(file, text.replace(from, to));
  }
}
