// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.batch;

import io.owlmesh.trainer.data.TrainingSample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** An image of a batch that is a file of its own. */
record FileImage(Path file) implements TrainingSample.Image {
  /** Bytes of an image at most. */
  static final long MOST = 20L << 20;

  @Override
  public String name() {
    return file.toString();
  }

  @Override
  public byte[] read() throws IOException {
    if (Files.size(file) > MOST) {
      throw tooLarge(name());
    }
    return Files.readAllBytes(file);
  }

  static IOException tooLarge(String name) {
    return new IOException("%s: more than %d bytes".formatted(name, MOST));
  }
}
