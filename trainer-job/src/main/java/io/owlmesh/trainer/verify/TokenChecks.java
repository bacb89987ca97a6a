// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.verify;

import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.runtime.verify.Row;
import io.owlmesh.trainer.data.Augmentation;
import io.owlmesh.trainer.data.BadSample;
import io.owlmesh.trainer.data.Cutting;
import io.owlmesh.trainer.data.EncodedSample;
import io.owlmesh.trainer.data.SampleEncoder;
import io.owlmesh.trainer.data.SampleSource;
import io.owlmesh.trainer.data.SampleSources;
import java.nio.file.Path;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * The samples of {@code train.jsonl} as tokens, and which of them are learnt: all must be equal.
 */
final class TokenChecks {
  private TokenChecks() {}

  static void run(Path folder, Checkpoint checkpoint, Consumer<Row> out) {
    GoldenTraining golden = GoldenTraining.read(folder);
    SampleEncoder encoder =
        new SampleEncoder(
            checkpoint.config().tokenizer(checkpoint.folder()),
            checkpoint.config(),
            golden.maxLength(),
            Augmentation.NONE,
            Cutting.AUTHORS);
    int different = 0;
    try (SampleSource source =
        SampleSources.open(
            folder.resolve("train.jsonl").toString(), Optional.of(folder.resolve("images")))) {
      for (int i = 0; i < golden.samples().size(); i++) {
        different += same(golden.samples().get(i), source, i, encoder) ? 0 : 1;
      }
    }
    out.accept(
        new Row(
            "training tokens",
            String.valueOf(checkpoint.folder().getFileName()),
            golden.samples().size(),
            different + " differ",
            "0 differ",
            different == 0));
  }

  private static boolean same(
      GoldenTraining.Sample golden, SampleSource source, int index, SampleEncoder encoder) {
    EncodedSample sample;
    try {
      sample = encoder.encode(source.read(index), new SplittableRandom(0));
    } catch (BadSample e) {
      return false;
    }
    for (int i = 0; i < golden.ids().size(); i++) {
      boolean inside = i < sample.length();
      boolean learnt = i > 0 && golden.targets().get(i - 1) == 1;
      if (golden.ids().get(i) != (inside ? sample.id(i) : 0)
          || learnt != (inside && sample.trained(i))) {
        return false;
      }
    }
    return true;
  }
}
