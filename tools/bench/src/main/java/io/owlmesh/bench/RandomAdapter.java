// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.common.io.ByteSource;
import io.owlmesh.core.HostTensor;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.family.WeightLayout;
import io.owlmesh.model.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** The files of a LoRA of random values, on the query and value projections, as PEFT names them. */
final class RandomAdapter {
  private static final Set<String> ATTENTION = Set.of("q_proj", "v_proj", "query_key_value");
  private static final int RANK = 8;
  private static final float SPREAD = 0.01f;

  private RandomAdapter() {}

  /** Contents by file name. */
  static Map<String, ByteSource> files(ModelConfig config, long seed) throws IOException {
    WeightLayout weights = config.languageNetwork().weights();
    SortedMap<String, List<Long>> shapes = weights.shapes();
    Random random = new Random(seed);
    SortedMap<String, HostTensor> tensors = new TreeMap<>();
    for (String module : weights.adaptableModules()) {
      List<Long> shape = shapes.getOrDefault(module + ".weight", List.of());
      String name = module.substring(module.lastIndexOf('.') + 1);
      if (ATTENTION.contains(name)) {
        add(
            tensors,
            random,
            "base_model.model." + module,
            Math.toIntExact(shape.get(1)),
            Math.toIntExact(shape.get(0)));
      }
    }
    Path file = Files.createTempDirectory("owl-adapter").resolve("adapter_model.safetensors");
    try {
      SafetensorsWriter.writeAll(file, tensors, Map.of("format", "pt"));
      String settings =
          """
          {"peft_type": "LORA", "r": %d, "lora_alpha": %d, "target_modules": ["q_proj", "v_proj"]}
          """
              .formatted(RANK, 2 * RANK);
      return Map.of(
          "adapter_config.json", ByteSource.wrap(settings.getBytes(UTF_8)),
          "adapter_model.safetensors", ByteSource.wrap(Files.readAllBytes(file)));
    } finally {
      Files.deleteIfExists(file);
      Files.delete(file.getParent());
    }
  }

  private static void add(
      SortedMap<String, HostTensor> tensors, Random random, String layer, int in, int out) {
    tensors.put(layer + ".lora_A.weight", matrix(random, RANK, in));
    tensors.put(layer + ".lora_B.weight", matrix(random, out, RANK));
  }

  private static HostTensor matrix(Random random, int rows, int columns) {
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian() * SPREAD;
    }
    return HostTensor.ofFloats(values, rows, columns);
  }
}
