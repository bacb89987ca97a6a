// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.language;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.runtime.EngineOptions;
import io.owlmesh.runtime.Precision;
import io.owlmesh.runtime.Quantization;
import io.owlmesh.runtime.WeightLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LlamaRowsTest {
  private static final Path NANO = Path.of("../../deploy/models/owl-nano");
  private static final int PROMPT = 40;
  private static final int ROOM = 64;
  // Before it there is the table of embeddings and a norm.
  private static final int FIRST_MATRIX = 2;

  /** Of a machine that has so many bytes left. */
  private static LanguageModel load(OptionalLong available) {
    return LanguageModel.load(
        Checkpoint.open(NANO),
        new EngineOptions("cpu", Precision.BFLOAT16, 2),
        Optional.empty(),
        WeightLoader.Progress.NONE,
        available);
  }

  private static LanguageModel load(Precision precision, Quantization quantization) {
    return LanguageModel.load(
        Checkpoint.open(NANO),
        new EngineOptions("cpu", precision, 2, quantization),
        Optional.empty(),
        WeightLoader.Progress.NONE);
  }

  /** What computes a step. */
  private interface Step {
    ForwardResult run(KeyValueCache cache, List<Segment> segments);
  }

  private static int id(int sequence, int position) {
    return 3 + (7 * sequence + 13 * position) % 900;
  }

  /** Logits of the last of some steps, after prompts that the program read. */
  private static float[][] logits(LanguageModel model, int sequences, int steps, Step step) {
    try (LoraAdapter none = model.none();
        KeyValueCache cache = model.cache(sequences * ROOM)) {
      List<Segment> prompts = new ArrayList<>();
      for (int s = 0; s < sequences; s++) {
        int sequence = s;
        int[] ids = IntStream.range(0, PROMPT).map(i -> id(sequence, i)).toArray();
        int[] slots = IntStream.range(s * ROOM, s * ROOM + PROMPT).toArray();
        prompts.add(
            new Segment(model.nothing(), ids, 0, slots, new int[0], none, Segment.Logits.LAST));
      }
      model.program(cache, prompts).close();
      float[][] logits = new float[sequences][];
      for (int n = PROMPT; n < PROMPT + steps; n++) {
        List<Segment> segments = new ArrayList<>();
        for (int s = 0; s < sequences; s++) {
          int begin = s * ROOM;
          // In two stretches, as blocks of a cache lie.
          int[] before = {begin, 16, begin + 16, n - 16};
          segments.add(
              new Segment(
                  model.nothing(),
                  new int[] {id(s, n)},
                  n,
                  new int[] {begin + n},
                  before,
                  none,
                  Segment.Logits.LAST));
        }
        try (ForwardResult result = step.run(cache, segments)) {
          for (int s = 0; s < sequences; s++) {
            logits[s] = result.logits(s, 0);
            assertThat(result.largest(s, 0)).isEqualTo(logits[s][result.likeliest(s, 0)]);
          }
        }
      }
      return logits;
    }
  }

  private static double relative(float[][] expected, float[][] found) {
    double difference = 0;
    double length = 0;
    for (int s = 0; s < expected.length; s++) {
      for (int i = 0; i < expected[s].length; i++) {
        difference += Math.pow(expected[s][i] - found[s][i], 2);
        length += Math.pow(expected[s][i], 2);
      }
    }
    return Math.sqrt(difference / length);
  }

  @ParameterizedTest
  @CsvSource({"NONE, 1", "NONE, 2", "NONE, 5", "INT8, 1", "INT8, 5"})
  void stepsAreAsCloseToFloat32AsTheProgramsAre(Quantization quantization, int sequences) {
    try (LanguageModel exact = load(Precision.FLOAT32, Quantization.NONE);
        LanguageModel model = load(Precision.BFLOAT16, quantization);
        LlamaRows rows = LlamaRows.of(model).orElseThrow()) {
      float[][] expected = logits(exact, sequences, 3, exact::program);
      double program = relative(expected, logits(model, sequences, 3, model::program));
      Step here = (cache, segments) -> rows.step(cache, segments, new long[0]);
      double found = relative(expected, logits(model, sequences, 3, here));
      assertThat(found).isPositive().isLessThan(1.1 * program);
    }
  }

  @Test
  void aSequencesLogitsAreTheSameBitForBitAloneAndBesideOthers() {
    try (LanguageModel model = load(Precision.BFLOAT16, Quantization.NONE);
        LlamaRows rows = LlamaRows.of(model).orElseThrow()) {
      Step together = (cache, segments) -> rows.step(cache, segments, new long[0]);
      Step alone =
          (cache, segments) -> {
            List<float[]> all = new ArrayList<>();
            for (Segment segment : segments) {
              try (ForwardResult one = rows.step(cache, List.of(segment), new long[0])) {
                all.add(one.logits(0, 0));
              }
            }
            int vocabulary = all.getFirst().length;
            float[] joined = new float[all.size() * vocabulary];
            for (int i = 0; i < all.size(); i++) {
              System.arraycopy(all.get(i), 0, joined, i * vocabulary, vocabulary);
            }
            return new ForwardResult(
                joined, vocabulary, IntStream.range(0, all.size()).toArray(), 1);
          };
      assertThat(Arrays.equals(logits(model, 6, 4, together)[5], logits(model, 6, 4, alone)[5]))
          .isTrue();
    }
  }

  @Test
  void positionsOfASequenceAreTheSameBitForBitOneByOneAndTogether() {
    try (LanguageModel model = load(Precision.BFLOAT16, Quantization.NONE);
        LlamaRows rows = LlamaRows.of(model).orElseThrow();
        LoraAdapter none = model.none();
        KeyValueCache cache = model.cache(ROOM)) {
      // Two blocks that do not lie side by side.
      int[] slots = IntStream.range(0, 32).map(i -> i < 16 ? i + 32 : i - 16).toArray();
      float[][] oneByOne = new float[20][];
      for (int n = 0; n < 20; n++) {
        int[] before = n == 0 ? new int[0] : new int[] {32, n};
        if (n > 16) {
          before = new int[] {32, 16, 0, n - 16};
        }
        Segment segment = rowsOfOne(model, none, slots, n, 1, before);
        try (ForwardResult result = rows.step(cache, List.of(segment), new long[0])) {
          oneByOne[n] = result.logits(0, 0);
        }
      }
      Segment segment = rowsOfOne(model, none, slots, 12, 8, new int[] {32, 12});
      try (ForwardResult result = rows.step(cache, List.of(segment), new long[0])) {
        for (int i = 0; i < 8; i++) {
          assertThat(result.logits(0, i)).as("position %d", 12 + i).isEqualTo(oneByOne[12 + i]);
        }
      }
    }
  }

  private static Segment rowsOfOne(
      LanguageModel model, LoraAdapter none, int[] slots, int first, int count, int[] before) {
    int[] ids = IntStream.range(first, first + count).map(i -> id(0, i)).toArray();
    int[] own = Arrays.copyOfRange(slots, first, first + count);
    return new Segment(model.nothing(), ids, first, own, before, none, Segment.Logits.ALL);
  }

  @Test
  void barredIdsAreNeverChosen() {
    try (LanguageModel model = load(Precision.BFLOAT16, Quantization.NONE);
        LlamaRows rows = LlamaRows.of(model).orElseThrow();
        LoraAdapter none = model.none();
        KeyValueCache cache = model.cache(1)) {
      Segment first =
          new Segment(
              model.nothing(),
              new int[] {1},
              0,
              new int[] {0},
              new int[0],
              none,
              Segment.Logits.LAST);
      int best;
      try (ForwardResult free = rows.step(cache, List.of(first), new long[0])) {
        best = free.likeliest(0, 0);
      }
      try (ForwardResult result = rows.step(cache, List.of(first), new long[] {best})) {
        assertThat(result.likeliest(0, 0)).isNotEqualTo(best);
        assertThat(result.logits(0, 0)[best]).isEqualTo(Float.NEGATIVE_INFINITY);
      }
    }
  }

  @Test
  void onlyStepsOfIdsAloneAreTaken() {
    try (LanguageModel model = load(Precision.BFLOAT16, Quantization.NONE);
        LoraAdapter none = model.none();
        KeyValueCache cache = model.cache(4)) {
      Segment one = segment(model, none, 5);
      assertThat(LlamaRows.takes(cache, List.of(one))).isTrue();
      assertThat(LlamaRows.takes(cache, List.of(one, segment(model, none, 5, 6)))).isTrue();
      assertThat(LlamaRows.takes(cache, List.of(segment(model, none, 5, -1)))).isFalse();
    }
  }

  private static Segment segment(LanguageModel model, LoraAdapter adapter, int... ids) {
    int[] slots = IntStream.range(0, ids.length).toArray();
    return new Segment(model.nothing(), ids, 0, slots, new int[0], adapter, Segment.Logits.LAST);
  }

  @Test
  void inFloat32TheProgramComputesAllSteps() {
    try (LanguageModel model = load(Precision.FLOAT32, Quantization.NONE)) {
      assertThat(LlamaRows.of(model)).isEmpty();
    }
  }

  @Test
  void packedOrNotTheSameFilesAreRead() {
    try (LanguageModel model = load(Precision.BFLOAT16, Quantization.NONE);
        LanguageModel poor = load(OptionalLong.of(0));
        LlamaRows rows = LlamaRows.of(model).orElseThrow();
        LlamaRows poorRows = LlamaRows.of(poor).orElseThrow()) {
      assertThat(poor.weights().stored(FIRST_MATRIX)).as("not packed").isPresent();
      float[][] found = steps(model, rows);

      assertThat(steps(poor, poorRows)).isDeepEqualTo(found);
    }
  }

  /** Logits of steps after no prompt: a program may round otherwise where it packs. */
  private static float[][] steps(LanguageModel model, LlamaRows rows) {
    try (LoraAdapter none = model.none();
        KeyValueCache cache = model.cache(4)) {
      float[][] logits = new float[4][];
      for (int n = 0; n < 4; n++) {
        int[] before = n == 0 ? new int[0] : new int[] {0, n};
        Segment one = rowsOfOne(model, none, new int[] {0, 1, 2, 3}, n, 1, before);
        try (ForwardResult result = rows.step(cache, List.of(one), new long[0])) {
          logits[n] = result.logits(0, 0);
        }
      }
      return logits;
    }
  }
}
