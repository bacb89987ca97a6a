// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.training;

import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.checkpoint.AdapterFile;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.family.WeightLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SplittableRandom;

/**
 * What a LoRA begins with: A from the uniform distribution of variance 1 / (3 in) that PEFT draws
 * from, B zero, or both from an adapter that goes on learning.
 */
final class LoraStart {
  static final String PREFIX = "base_model.model.";

  private final WeightLayout weights;
  private final SortedMap<String, List<Long>> shapes;
  private final Lora lora;
  private final Optional<AdapterFile> from;
  private final long seed;

  LoraStart(ModelConfig config, Lora lora, Optional<AdapterFile> from, long seed) {
    this.weights = config.languageNetwork().weights();
    this.shapes = weights.shapes();
    this.lora = lora;
    this.from = from;
    this.seed = seed;
    from.ifPresent(file -> file.validate(config));
  }

  /**
   * A matrix of the adapter.
   *
   * @param name as PEFT stores it; empty where a module has none
   * @param values [rank, in] or [out, rank]; without elements where a module has none
   */
  record Matrix(String name, HostTensor values) {}

  /** A then B for each matrix of each layer, in the order of the program. */
  List<Matrix> matrices() {
    List<Matrix> matrices = new ArrayList<>();
    int adapted = 0;
    for (String module : weights.adaptableModules()) {
      if (lora.targets().matcher(module).matches()) {
        adapted++;
        add(module, matrices);
      } else {
        matrices.add(new Matrix("", HostTensor.ofFloats(new float[0], 0)));
        matrices.add(new Matrix("", HostTensor.ofFloats(new float[0], 0)));
      }
    }
    if (adapted == 0) {
      throw OwlException.badInput("lora.targets", lora.targets() + " matches no module");
    }
    return matrices;
  }

  private void add(String module, List<Matrix> to) {
    AdapterFile.Pair pair = from.map(file -> file.modules().get(module)).orElse(null);
    if (from.isPresent() && (pair == null || pair.a().shape()[0] != lora.rank())) {
      throw OwlException.badInput(
          "lora", "the adapter to go on from lacks " + module + " of rank " + lora.rank());
    }
    to.add(
        new Matrix(
            PREFIX + module + ".lora_A.weight", pair == null ? drawn(module) : floats(pair.a())));
    to.add(
        new Matrix(
            PREFIX + module + ".lora_B.weight", pair == null ? zero(module) : floats(pair.b())));
  }

  private static HostTensor floats(HostTensor any) {
    return HostTensor.ofFloats(any.toFloats(), any.shape());
  }

  private HostTensor drawn(String module) {
    int in = Math.toIntExact(shape(module).get(1));
    float[] values = new float[lora.rank() * in];
    double bound = 1 / Math.sqrt(in);
    SplittableRandom random = new SplittableRandom(seed * 31 + module.hashCode());
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextDouble(-bound, bound);
    }
    return HostTensor.ofFloats(values, lora.rank(), in);
  }

  private HostTensor zero(String module) {
    int out = Math.toIntExact(shape(module).get(0));
    return HostTensor.ofFloats(new float[out * lora.rank()], out, lora.rank());
  }

  private List<Long> shape(String module) {
    List<Long> shape = shapes.get(module + ".weight");
    if (shape == null) {
      throw new IllegalArgumentException(module);
    }
    return shape;
  }
}
