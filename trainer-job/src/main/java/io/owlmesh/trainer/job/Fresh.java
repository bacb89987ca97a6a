// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.job;

import io.owlmesh.model.DType;
import io.owlmesh.model.OwlConfig;
import io.owlmesh.model.checkpoint.CheckpointWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;

/**
 * A model that has learnt nothing: biases zero, norms one, everything else normal with the authors'
 * deviation of 0.02 times a spread. Query tokens too, which are zero in their code: queries that
 * start equal stay equal.
 */
final class Fresh {
  private static final double DEVIATION = 0.02;

  private Fresh() {}

  /**
   * Writes it in float32.
   *
   * @param tokenizer tokenizer.model to put beside it
   */
  static void write(Path folder, OwlConfig config, double spread, long seed, Path tokenizer)
      throws IOException {
    CheckpointWriter.write(
        folder,
        config,
        DType.FLOAT32,
        (tensor, sink) -> {
          long bytes = tensor.bytes();
          ByteBuffer values =
              ByteBuffer.allocateDirect(Math.toIntExact(bytes)).order(ByteOrder.LITTLE_ENDIAN);
          fill(tensor.name(), values, DEVIATION * spread, seed);
          sink.write(values.flip());
        },
        partial -> Files.copy(tokenizer, partial.resolve("tokenizer.model")));
  }

  private static void fill(String name, ByteBuffer values, double deviation, long seed) {
    boolean norm = name.matches(".*(norm|norm1|norm2|normk|ffn_ln)\\.weight");
    boolean bias = name.endsWith(".bias");
    SplittableRandom random = new SplittableRandom(seed * 31 + name.hashCode());
    while (values.hasRemaining()) {
      values.putFloat(bias ? 0 : norm ? 1 : (float) (random.nextGaussian() * deviation));
    }
  }
}
