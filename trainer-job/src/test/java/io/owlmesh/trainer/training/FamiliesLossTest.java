// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.owlmesh.core.DType;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.trainer.data.EncodedSample;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The trainer's forward pass of other families: its loss is that of the reference's logits. */
class FamiliesLossTest {
  @ParameterizedTest
  @CsvSource({
    "llava-tiny, transformers-5-bf16, one-image, false",
    "llava-tiny, transformers-5-bf16, multi-turn, true",
    "owl-bloom-tiny, bin-bf16, one-image, false",
    "owl-bloom-tiny, bin-bf16, two-images, true"
  })
  void theLossIsThatOfTheReferencesLogits(
      String folder, String layout, String name, boolean recomputing) throws Exception {
    GoldenCases golden = GoldenCases.of(folder);
    EncodedSample sample = golden.sample(name);
    double expected = crossEntropy(golden.logits(name), sample);
    try (TrainableModel model =
        new TrainableModel(
            Checkpoint.open(golden.checkpoint(layout)),
            Optional.empty(),
            new Trainables(false, true, true, true, false, Optional.of(golden.lora())),
            new NetworkOptions("cpu", 1, DType.FLOAT32, recomputing, 0),
            0)) {
      Batch batch = new Batch(List.of(sample));
      // B of a new LoRA is zero: the model is the base model until it has learnt.
      double before = model.learn(batch, 1.0 / batch.targetCount(), 0);
      assertThat(before).isCloseTo(expected, within(1e-4));
      model.update(new Optimiser(0.9, 0.999, 1e-8, 0, 1), 1e-2);
      assertThat(model.learn(batch, 1.0 / batch.targetCount(), 0)).isLessThan(before);
    }
  }

  private static double crossEntropy(float[] logits, EncodedSample sample) {
    int width = logits.length / sample.length();
    double sum = 0;
    for (int i = 1; i < sample.length(); i++) {
      if (sample.trained(i)) {
        int row = (i - 1) * width;
        double all = 0;
        for (int v = 0; v < width; v++) {
          all += Math.exp(logits[row + v]);
        }
        sum += Math.log(all) - logits[row + sample.id(i)];
      }
    }
    return sum / sample.targets();
  }
}
