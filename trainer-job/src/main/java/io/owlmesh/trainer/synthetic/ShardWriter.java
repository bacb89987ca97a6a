// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.synthetic;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.jspecify.annotations.Nullable;

/** Writes samples with images into tar shards as WebDataset lays them out. */
final class ShardWriter implements AutoCloseable {
  private static final int SAMPLES = 20_000;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;
  private final String name;
  private @Nullable TarArchiveOutputStream tar;

  ShardWriter(Path folder, String name) {
    this.folder = folder;
    this.name = name;
  }

  /**
   * Writes the next sample.
   *
   * @param number from 0, without gaps
   * @param images PNG files
   */
  void write(int number, ObjectNode fields, byte[][] images) throws IOException {
    TarArchiveOutputStream out = tar;
    if (out == null || number % SAMPLES == 0) {
      close();
      Path shard = folder.resolve("%s-%05d.tar".formatted(name, number / SAMPLES));
      out = new TarArchiveOutputStream(new BufferedOutputStream(Files.newOutputStream(shard)));
      tar = out;
    }
    String key = "%08d".formatted(number);
    entry(out, key + ".json", JSON.writeValueAsBytes(fields));
    for (int i = 0; i < images.length; i++) {
      entry(out, key + (images.length == 1 ? ".png" : "." + i + ".png"), images[i]);
    }
  }

  private static void entry(TarArchiveOutputStream out, String name, byte[] bytes)
      throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name);
    entry.setSize(bytes.length);
    entry.setModTime(FileTime.fromMillis(0));
    entry.setIds(0, 0);
    out.putArchiveEntry(entry);
    out.write(bytes);
    out.closeArchiveEntry();
  }

  @Override
  public void close() throws IOException {
    if (tar != null) {
      tar.close();
      tar = null;
    }
  }
}
