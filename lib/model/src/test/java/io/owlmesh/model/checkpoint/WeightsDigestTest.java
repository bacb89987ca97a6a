// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.model.random.Preset;
import io.owlmesh.model.random.RandomCheckpoint;
import io.owlmesh.model.weights.SafetensorsFile;
import io.owlmesh.model.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WeightsDigestTest {
  @TempDir private Path temp;

  @ParameterizedTest
  @EnumSource(Part.class)
  void everyLayoutHasTheSameDigest(Part part) {
    assertThat(OwlTiny.LAYOUTS)
        .extracting(layout -> WeightsDigest.of(Checkpoint.open(OwlTiny.checkpoint(layout)), part))
        .containsOnly(WeightsDigest.of(Checkpoint.open(OwlTiny.checkpoint("safetensors")), part));
  }

  @Test
  void aChangedWeightChangesTheDigestOfItsPartAlone() throws IOException {
    Path folder = OwlTiny.copy("safetensors", temp.resolve("m"));
    Path file = folder.resolve("model.safetensors");
    SortedMap<String, HostTensor> tensors = SafetensorsFile.load(file);
    Files.delete(file);
    float[] values = Objects.requireNonNull(tensors.get("abstractor.visual_fc.bias")).toFloats();
    values[values.length - 1] += 1;
    tensors.put("abstractor.visual_fc.bias", HostTensor.ofFloats(values, values.length));
    SafetensorsWriter.writeAll(file, tensors, Map.of());
    Checkpoint before = Checkpoint.open(OwlTiny.checkpoint("safetensors"));
    Checkpoint after = Checkpoint.open(folder);
    assertThat(WeightsDigest.of(after, Part.ABSTRACTOR))
        .hasSize(64)
        .isNotEqualTo(WeightsDigest.of(before, Part.ABSTRACTOR));
    assertThat(WeightsDigest.of(after, Part.VISION))
        .isEqualTo(WeightsDigest.of(before, Part.VISION));
  }

  @Test
  void aTensorStoredTransposedHasTheSameDigest() throws IOException {
    Path folder = OwlTiny.copy("safetensors", temp.resolve("m"));
    Path file = folder.resolve("model.safetensors");
    TorchZip zip = new TorchZip();
    int key = 0;
    for (var entry : SafetensorsFile.load(file).entrySet()) {
      float[] values = entry.getValue().toFloats();
      int[] shape = Arrays.stream(entry.getValue().shape()).mapToInt(Math::toIntExact).toArray();
      List<Integer> strides = new ArrayList<>();
      int stride = values.length;
      for (int size : shape) {
        stride /= size;
        strides.add(stride);
      }
      if (entry.getKey().equals("abstractor.visual_fc.weight")) {
        float[] transposed = new float[values.length];
        for (int i = 0; i < values.length; i++) {
          transposed[i % shape[1] * shape[0] + i / shape[1]] = values[i];
        }
        values = transposed;
        strides = List.of(1, shape[0]);
      }
      String name = Integer.toString(key++);
      List<Integer> sizes = Arrays.stream(shape).boxed().toList();
      zip.floats(name, values)
          .tensor(entry.getKey(), "FloatStorage", name, values.length, 0, sizes, strides);
    }
    zip.write(folder.resolve("pytorch_model.bin"));
    Files.delete(file);
    Checkpoint stored = Checkpoint.open(folder);
    assertThat(stored.entry("abstractor.visual_fc.weight").strides()).containsExactly(1L, 64L);
    assertThat(WeightsDigest.of(stored, Part.ABSTRACTOR))
        .isEqualTo(
            WeightsDigest.of(Checkpoint.open(OwlTiny.checkpoint("safetensors")), Part.ABSTRACTOR));
  }

  @Test
  void oneSeedGivesOneModelInEveryElementType() throws IOException {
    RandomCheckpoint.Progress silent = (done, total) -> {};
    RandomCheckpoint.write(Preset.NANO, temp.resolve("f32"), DType.FLOAT32, 7, silent);
    RandomCheckpoint.write(Preset.NANO, temp.resolve("f16"), DType.FLOAT16, 7, silent);
    RandomCheckpoint.write(Preset.NANO, temp.resolve("bf16"), DType.BFLOAT16, 7, silent);
    RandomCheckpoint.write(Preset.NANO, temp.resolve("other"), DType.BFLOAT16, 8, silent);
    for (Part part : Part.values()) {
      String digest = WeightsDigest.of(Checkpoint.open(temp.resolve("f32")), part);
      assertThat(WeightsDigest.of(Checkpoint.open(temp.resolve("f16")), part)).isEqualTo(digest);
      assertThat(WeightsDigest.of(Checkpoint.open(temp.resolve("bf16")), part)).isEqualTo(digest);
      assertThat(WeightsDigest.of(Checkpoint.open(temp.resolve("other")), part))
          .isNotEqualTo(digest);
    }
  }
}
