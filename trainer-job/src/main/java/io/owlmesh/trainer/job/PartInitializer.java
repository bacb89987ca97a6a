// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.job;

import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.checkpoint.CheckpointWriter;
import io.owlmesh.model.checkpoint.ExpectedTensors;
import io.owlmesh.model.checkpoint.Part;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.family.mplugowl.MplugOwlConfig;
import io.owlmesh.trainer.recipe.TrainingStage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * A model that has learnt nothing: biases zero, norms one, everything else normal with the authors'
 * deviation of 0.02 times a spread. Query tokens too, which are zero in their code: queries that
 * start equal stay equal. Places in the picture deviate ten times as much: beside patches of norm
 * one, weak ones are found late (reading words from nothing: 0.78 instead of 0.93 after the same
 * 400 steps).
 */
final class PartInitializer {
  private static final double DEVIATION = 0.02;
  private static final double PLACES = 10;

  private PartInitializer() {}

  /**
   * Writes it in float32.
   *
   * @param tokenizer tokenizer.model to put beside it
   */
  static void write(Path folder, ModelConfig config, double spread, long seed, Path tokenizer)
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

  /**
   * A model of which a part begins anew, the rest is another's.
   *
   * @return its dimensions, and the tensors that are new, by canonical name
   */
  static Start anew(ModelConfig old, TrainingStage.Fresh fresh, long seed) {
    ModelConfig config = fresh.part() == TrainingStage.Anew.LINEAR_CONNECTOR ? linear(old) : old;
    SortedMap<String, HostTensor> tensors = new TreeMap<>();
    ExpectedTensors.of(config)
        .of(Part.ABSTRACTOR)
        .forEach((name, shape) -> {
          if (fresh.part() != TrainingStage.Anew.PROJECTION || config.isProjection(name)) {
            long[] dims = shape.stream().mapToLong(Long::longValue).toArray();
            int count = (int) Arrays.stream(dims).reduce(1, Math::multiplyExact);
            ByteBuffer values =
                ByteBuffer.allocateDirect(count * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
            fill(name, values, DEVIATION * fresh.spread(), seed);
            tensors.put(name, new HostTensor(DType.FLOAT32, dims, values.flip()));
          }
        });
    return new Start(config, tensors);
  }

  private static ModelConfig linear(ModelConfig old) {
    if (old instanceof MplugOwlConfig owl) {
      return owl.withLinearConnector();
    }
    throw OwlException.badInput(
        "stages.fresh.part", "a model of type " + old.modelType() + " has no linear connector");
  }

  /** Dimensions, and tensors that are not the old model's. */
  record Start(ModelConfig config, SortedMap<String, HostTensor> tensors) {}

  private static void fill(String name, ByteBuffer values, double deviation, long seed) {
    boolean norm = name.matches(".*(norm|norm1|norm2|normk|ffn_ln)\\.weight");
    boolean bias = name.endsWith(".bias");
    double scale = name.endsWith("position_embedding") ? PLACES * deviation : deviation;
    SplittableRandom random = new SplittableRandom(seed * 31 + name.hashCode());
    while (values.hasRemaining()) {
      values.putFloat(bias ? 0 : norm ? 1 : (float) (random.nextGaussian() * scale));
    }
  }
}
