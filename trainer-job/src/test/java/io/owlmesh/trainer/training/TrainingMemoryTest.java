// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.random.Preset;
import io.owlmesh.trainer.Tiny;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TrainingMemoryTest {
  private static final Trainables STAGE_ONE =
      new Trainables(true, true, true, false, false, Optional.empty());

  private static long bytes(Map<String, HostTensor> tensors) {
    return tensors.values().stream().mapToLong(one -> one.bytes().remaining()).sum();
  }

  @Test
  void whatIsComputedIsWhatANetworkHolds() {
    Checkpoint tiny = Checkpoint.open(Tiny.CHECKPOINT);
    for (int workers : List.of(1, 2)) {
      TrainingMemory told = TrainingMemory.of(tiny.config(), STAGE_ONE, DType.FLOAT32, workers, 16);
      try (TrainableModel network =
          new TrainableModel(
              tiny,
              Optional.empty(),
              STAGE_ONE,
              new NetworkOptions("cpu", 1, DType.FLOAT32, false, 0),
              1)) {
        int tensors = network.sizes().length;
        network.own(0, tensors / workers);
        long scalars = Float.BYTES * (long) (tensors / workers);

        assertThat(told.learning()).isEqualTo(bytes(network.weights()));
        assertThat(told.gradients()).isEqualTo(bytes(network.gradients()));
        if (workers == 1) {
          assertThat(told.moments()).isEqualTo(bytes(network.moments()) - scalars);
        } else {
          assertThat(bytes(network.moments())).isLessThan(2 * told.learning());
        }
      }
    }
  }

  /** Bytes of the tiny checkpoint's files that this process has mapped. */
  private static long mapped() throws IOException {
    String files = Tiny.CHECKPOINT.toRealPath().toString();
    return Files.readAllLines(Path.of("/proc/self/maps")).stream()
        .filter(line -> line.contains(files))
        .mapToLong(line -> {
          String[] ends = line.substring(0, line.indexOf(' ')).split("-", -1);
          return Long.parseLong(ends[1], 16) - Long.parseLong(ends[0], 16);
        })
        .sum();
  }

  @Test
  void whatDoesNotLearnStaysInItsFileUntilTheEnd() throws IOException {
    Checkpoint tiny = Checkpoint.open(Tiny.CHECKPOINT);
    long before = mapped();
    try (TrainableModel network =
        new TrainableModel(
            tiny,
            Optional.empty(),
            STAGE_ONE,
            new NetworkOptions("cpu", 1, DType.FLOAT32, false, 0),
            1)) {
      assertThat(network.parameters()).isPositive();
      assertThat(mapped() - before)
          .isGreaterThanOrEqualTo(
              TrainingMemory.of(tiny.config(), STAGE_ONE, DType.FLOAT32, 1, 1).frozen());
    }
    assertThat(mapped()).isEqualTo(before);
  }

  @Test
  void theTableOfTheManualIsComputed() throws IOException {
    ModelConfig config = Preset.OWL_7B.config();
    String manual = Files.readString(Path.of("../docs/how-to/train.md"));

    StringBuilder rows = new StringBuilder();
    for (int workers : List.of(1, 8, 64)) {
      rows.append("| ").append(workers).append(" |");
      TrainingMemory.of(config, STAGE_ONE, DType.BFLOAT16, workers, 64)
          .gibibytes()
          .forEach(part -> rows.append(String.format(Locale.ROOT, " %.2f |", part)));
      rows.append('\n');
    }
    assertThat(manual).contains(rows);
  }
}
