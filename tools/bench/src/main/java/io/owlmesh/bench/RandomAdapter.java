// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.common.io.ByteSource;
import io.owlmesh.core.HostTensor;
import io.owlmesh.model.OwlConfig;
import io.owlmesh.model.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/** The files of a LoRA of random values, on the query and value projections, as PEFT names them. */
final class RandomAdapter {
  private static final int RANK = 8;
  private static final float SPREAD = 0.01f;

  private RandomAdapter() {}

  /** Contents by file name. */
  static Map<String, ByteSource> files(OwlConfig config, long seed) throws IOException {
    OwlConfig.Language l = config.language();
    Random random = new Random(seed);
    SortedMap<String, HostTensor> tensors = new TreeMap<>();
    for (int i = 0; i < l.layers(); i++) {
      String layer = "base_model.model.language_model.model.layers." + i + ".self_attn.";
      add(tensors, random, layer + "q_proj", l.width(), l.heads() * l.headSize());
      add(tensors, random, layer + "v_proj", l.width(), l.keyValueHeads() * l.headSize());
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
