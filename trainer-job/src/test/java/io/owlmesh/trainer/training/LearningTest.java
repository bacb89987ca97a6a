// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.trainer.Tiny;
import io.owlmesh.trainer.data.EncodedSample;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class LearningTest {
  private static final Trainables VISUAL =
      new Trainables(true, true, true, false, false, Optional.empty());
  private static final Trainables LORA =
      new Trainables(
          false,
          false,
          false,
          false,
          false,
          Optional.of(new Lora(4, 16, 0, Pattern.compile(".*\\.(q_proj|v_proj)"))));
  private static final Optimiser ADAMW = new Optimiser(0.9, 0.98, 1e-6, 0, 1);

  private static TrainableModel network(Trainables trainables, DType dtype, boolean recompute) {
    return new TrainableModel(
        Checkpoint.open(Tiny.CHECKPOINT),
        Optional.empty(),
        trainables,
        new NetworkOptions("cpu", 1, dtype, recompute, 0),
        1);
  }

  /** An image of one brightness, whose reply tells which. */
  private static EncodedSample seen(boolean bright) {
    int[] ids = new int[16];
    Arrays.fill(ids, 1, 10, 30);
    Arrays.fill(ids, 3, 10, -1);
    ids[0] = 1;
    Arrays.fill(ids, 10, 16, bright ? 100 : 200);
    boolean[] trained = new boolean[16];
    Arrays.fill(trained, 12, 16, true);
    float[] pixels = new float[3 * 56 * 56];
    Arrays.fill(pixels, bright ? 1.5f : -1.5f);
    ids[10] = 40;
    ids[11] = 41;
    return new EncodedSample(ids, trained, List.of(HostTensor.ofFloats(pixels, 3, 56, 56)));
  }

  private static EncodedSample text() {
    int[] ids = {1, 30, 31, 32, 33, 34};
    boolean[] trained = {false, false, false, true, true, true};
    return new EncodedSample(ids, trained, List.of());
  }

  @Test
  void theVisualPartsLearnWhatOnlyAnImageCanTell() {
    Batch batch = new Batch(List.of(seen(true), seen(false)));
    double loss = 0;
    try (TrainableModel network = network(VISUAL, DType.FLOAT32, false)) {
      for (int step = 0; step < 400; step++) {
        loss = network.learn(batch, 1.0 / batch.targetCount(), step);
        network.update(ADAMW, 3e-3);
      }
    }
    // Without a look at the image the two replies are as likely as each other: 0.69 at the least.
    assertThat(loss).isLessThan(0.3);
  }

  @Test
  void twoHalvesOfABatchGiveTheGradientsOfTheWhole() {
    List<EncodedSample> samples = List.of(seen(true), text(), seen(false), text());
    try (TrainableModel whole = network(LORA, DType.FLOAT32, false);
        TrainableModel halves = network(LORA, DType.FLOAT32, true)) {
      long targets = new Batch(samples).targetCount();
      whole.learn(new Batch(samples), 1.0 / targets, 0);
      for (Batch half : Batch.split(samples, 20)) {
        halves.learn(half, 1.0 / targets, 0);
      }

      List<HostTensor> expected = List.copyOf(whole.gradients().values());
      List<HostTensor> actual = List.copyOf(halves.gradients().values());
      for (int i = 0; i < expected.size(); i++) {
        assertThat(actual.get(i).toFloats())
            .usingComparatorWithPrecision(1e-5f)
            .containsExactly(expected.get(i).toFloats());
      }
    }
  }

  @Test
  void bfloat16ArithmeticStaysCloseToFloat32() {
    Batch batch = new Batch(List.of(seen(true), seen(false)));
    try (TrainableModel exact = network(VISUAL, DType.FLOAT32, false);
        TrainableModel rounded = network(VISUAL, DType.BFLOAT16, false)) {
      double expected = exact.measure(batch) / batch.targetCount();

      assertThat(rounded.measure(batch) / batch.targetCount())
          .isCloseTo(expected, org.assertj.core.data.Percentage.withPercentage(3));
      assertThat(rounded.learn(batch, 1, 0)).isPositive();
      assertThat(rounded.update(ADAMW, 1e-3)).isPositive();
    }
  }

  @Test
  void aBatchWithNothingToLearnChangesNothingAndIsNoNan() {
    EncodedSample masked = new EncodedSample(new int[] {1, 30, 31}, new boolean[3], List.of());
    try (TrainableModel network = network(LORA, DType.FLOAT32, false)) {
      assertThat(network.learn(new Batch(List.of(masked)), 1, 0)).isZero();
      assertThat(network.update(ADAMW, 1e-3)).isZero();
    }
  }

  @Test
  void textAloneCannotTeachTheVisualParts() {
    try (TrainableModel network = network(VISUAL, DType.FLOAT32, false)) {
      assertThatThrownBy(() -> network.learn(new Batch(List.of(text())), 1, 0))
          .isInstanceOf(OwlException.class)
          .hasMessageContaining("only visual parts learn");
    }
  }

  @Test
  void batchesHoldAtMostThePositionsAllowed() {
    List<EncodedSample> samples = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      samples.add(seen(i % 2 == 0));
      samples.add(text());
    }

    List<Batch> batches = Batch.split(samples, 40);

    assertThat(batches).allMatch(batch -> batch.positions() <= 40);
    assertThat(batches.stream().mapToInt(Batch::targetCount).sum()).isEqualTo(5 * 4 + 5 * 3);
  }
}
