// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.option;

import io.owlmesh.core.FileTree;
import io.owlmesh.core.OwlException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;

/** A folder that a checkpoint is to be written to. */
public final class TargetFolder {
  /** For the files beside the weights: configuration, tokenizer. */
  private static final long MARGIN_BYTES = 1 << 20;

  private final Path folder;

  public TargetFolder(Path folder) {
    this.folder = folder.toAbsolutePath().normalize();
  }

  /** Makes a folder that does not exist yet. */
  public interface Writer {
    void write(Path folder) throws IOException;
  }

  /** Refuses a folder with files in it; with {@code force}, unless they are a checkpoint. */
  public void refuseUnlessFree(boolean force) throws IOException {
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      throw OwlException.badInput("", folder + " is a file");
    }
    if (isEmpty()) {
      return;
    }
    if (!force) {
      throw OwlException.badInput("", folder + " is not empty; --force replaces a checkpoint");
    }
    if (!Files.exists(folder.resolve("config.json"))) {
      throw OwlException.badInput(
          "", folder + " is not empty and has no config.json; --force replaces checkpoints alone");
    }
  }

  /** What is replaced stays until the new is whole, so its space does not count. */
  public void requireSpace(long weightBytes) throws IOException {
    long needed = weightBytes + MARGIN_BYTES;
    long free = Files.getFileStore(existing()).getUsableSpace();
    if (free < needed) {
      throw OwlException.badInput(
          "",
          String.format(
              Locale.ROOT,
              "%s needs %,d bytes, and %,d are free on its disk",
              folder,
              needed,
              free));
    }
  }

  /** The folder or the nearest of those it would be made in. */
  private Path existing() {
    Path place = folder;
    for (Path up = folder; up != null && !Files.exists(place); up = up.getParent()) {
      place = up;
    }
    return place;
  }

  /** Writes the folder, and only then removes what was there. */
  public void fill(Writer writer) throws IOException {
    if (isEmpty()) {
      writer.write(folder);
      return;
    }
    Path fresh = folder.resolveSibling("." + folder.getFileName() + ".new-" + System.nanoTime());
    writer.write(fresh);
    Path old = folder.resolveSibling("." + folder.getFileName() + ".old-" + System.nanoTime());
    Files.move(folder, old);
    Files.move(fresh, folder);
    FileTree.delete(old);
  }

  private boolean isEmpty() throws IOException {
    if (!Files.exists(folder)) {
      return true;
    }
    try (Stream<Path> children = Files.list(folder)) {
      return children.findAny().isEmpty();
    }
  }
}
