// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.text.Tokenizer;
import io.owlmesh.trainer.Tiny;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchesTest {
  @TempDir private Path folder;

  private SampleSource source(String name, int samples) throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < samples; i++) {
      lines.add("{\"text\": \"x\\nHuman: who?\\nAI: %s %d\"}".formatted(name, i));
    }
    Path file = Files.write(folder.resolve(name + ".jsonl"), lines);
    return SampleSources.open(file.toString(), Optional.empty());
  }

  private static List<String> read(Mixture mixture, int threads, long first, int steps) {
    SampleEncoder encoder =
        new SampleEncoder(
            Tokenizer.open(Tiny.CHECKPOINT),
            Checkpoint.open(Tiny.CHECKPOINT).config(),
            64,
            Augmentation.NONE,
            Cutting.BOTH);
    List<String> batches = new ArrayList<>();
    try (Batches all = new Batches(mixture, encoder, 5, first, threads)) {
      for (int i = 0; i < steps; i++) {
        StringBuilder batch = new StringBuilder();
        for (EncodedSample sample : all.next()) {
          for (int j = 0; j < sample.length(); j++) {
            batch.append(sample.id(j)).append(sample.trained(j) ? "!" : " ");
          }
        }
        batches.add(batch.toString());
      }
    }
    return batches;
  }

  @Test
  void aBatchIsAFunctionOfItsStepHoweverManyThreadsReadAndWhereverTheyBegin() throws IOException {
    try (SampleSource many = source("many", 40);
        SampleSource few = source("few", 7)) {
      Mixture mixture =
          new Mixture(
              List.of(new Mixture.Part("many", many, 3), new Mixture.Part("few", few, 1)), 9);

      List<String> straight = read(mixture, 1, 0, 12);

      assertThat(read(mixture, 4, 0, 12)).isEqualTo(straight);
      assertThat(read(mixture, 2, 8, 4)).isEqualTo(straight.subList(8, 12));
      assertThat(new TreeSet<>(straight)).hasSizeGreaterThan(10);
    }
  }

  @Test
  void readersThatAreClosedLeaveTheirDataSetsReadableForOthers() throws IOException {
    try (SampleSource many = source("many", 40)) {
      Mixture mixture = new Mixture(List.of(new Mixture.Part("many", many, 1)), 9);

      List<String> first = read(mixture, 2, 0, 1);

      for (int i = 0; i < 200; i++) {
        assertThat(read(mixture, 2, 0, 1)).isEqualTo(first);
      }
      assertThat(mixture.report().byReason()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 10, 64, 1000, 4097})
  void aPermutationReachesEveryPlaceOnce(int size) {
    TreeSet<Integer> reached = new TreeSet<>();
    for (int i = 0; i < size; i++) {
      reached.add(Permutation.apply(i, size, 12345));
    }

    assertThat(reached).hasSize(size);
    assertThat(reached.first()).isZero();
    assertThat(reached.last()).isEqualTo(size - 1);
  }
}
