// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.random;

import io.owlmesh.core.DType;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.checkpoint.CheckpointWriter;
import io.owlmesh.model.checkpoint.ExpectedTensors;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Writes a checkpoint of random weights that every tool for the real ones accepts: to try the
 * services, to measure them, and to test without a download. Memory stays small whatever the size;
 * {@link RandomWeights} says how values are drawn.
 */
public final class RandomCheckpoint {
  /** Told how far writing is. */
  @FunctionalInterface
  public interface Progress {
    void written(long bytes, long totalBytes);
  }

  private final Preset preset;
  private final DType dtype;
  private final long seed;
  private final Progress progress;
  private final long total;
  private long done;

  private RandomCheckpoint(Preset preset, DType dtype, long seed, Progress progress) {
    this.preset = preset;
    this.dtype = dtype;
    this.seed = seed;
    this.progress = progress;
    this.total = ExpectedTensors.of(preset.config()).storedParameters() * dtype.bytes();
  }

  /**
   * Writes a checkpoint: one model.safetensors, or shards of 5 GB at most with an index. It appears
   * whole or not at all. The same seed gives the same values, in every element type.
   *
   * @param folder must not exist, or be empty
   * @param dtype a floating point type
   * @throws OwlException BAD_INPUT if the folder is not empty or the type not a float
   * @throws IOException if writing fails; nothing is left behind
   */
  public static void write(Preset preset, Path folder, DType dtype, long seed, Progress progress)
      throws IOException {
    new RandomCheckpoint(preset, dtype, seed, progress).write(folder);
  }

  private void write(Path folder) throws IOException {
    if (!dtype.isFloat()) {
      throw OwlException.badInput("dtype", dtype + " is not a floating point type");
    }
    RandomWeights weights = new RandomWeights(dtype, seed);
    CheckpointWriter.write(
        folder,
        preset.config(),
        dtype,
        (tensor, sink) ->
            weights.fill(
                tensor.name(),
                ExpectedTensors.elements(tensor.shape()),
                bytes -> {
                  done += bytes.remaining();
                  sink.write(bytes);
                  progress.written(done, total);
                }),
        this::writeOthers);
  }

  private void writeOthers(Path folder) throws IOException {
    Files.writeString(folder.resolve("README.md"), readme());
    try (InputStream in = RandomCheckpoint.class.getResourceAsStream("tokenizer.model")) {
      if (in == null) {
        throw new IllegalStateException("the tokenizer is not on the class path");
      }
      Files.copy(in, folder.resolve("tokenizer.model"));
    }
  }

  private String readme() {
    return """
    # Random weights

    Preset %s, seed %d, %s. The weights are random: answers mean nothing. The tokenizer is a
    small SentencePiece model of 640 pieces; of a larger vocabulary, the ids beyond it decode to
    nothing.
    """
        .formatted(preset.name(), seed, dtype.name().toLowerCase(Locale.ROOT));
  }
}
