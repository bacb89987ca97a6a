// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RowEngineTest {
  // Rows of two pieces of work and an odd rest.
  private static final int OUT = 135;
  private static final int IN = 1152;

  private final Random random = new Random(7);

  private static RowEngine engine(int threads) {
    return RowEngine.of(threads).orElseThrow();
  }

  /** A matrix and what it means as numbers. */
  private record Known(RowMatrix matrix, List<Float> values) {
    float at(int row, int column) {
      return values.get(row * IN + column);
    }
  }

  private Known bfloat16() {
    // At an odd address: a checkpoint aligns nothing.
    MemorySegment bytes = Arena.ofAuto().allocate(2L * OUT * IN + 1).asSlice(1);
    List<Float> values =
        IntStream.range(0, OUT * IN)
            .mapToObj(i -> {
              int bits = Float.floatToRawIntBits((float) random.nextGaussian()) & 0xffff0000;
              bytes.set(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i, (short) (bits >>> 16));
              return Float.intBitsToFloat(bits);
            })
            .toList();
    return new Known(new RowMatrix(bytes, OUT, IN), values);
  }

  private Known eightBits() {
    MemorySegment bytes = Arena.ofAuto().allocate((long) OUT * IN);
    float[] scales = new float[OUT];
    for (int i = 0; i < OUT; i++) {
      scales[i] = 0.5f + random.nextFloat();
    }
    List<Float> values =
        IntStream.range(0, OUT * IN)
            .mapToObj(i -> {
              byte number = (byte) (random.nextInt(255) - 127);
              bytes.set(ValueLayout.JAVA_BYTE, i, number);
              return number * scales[i / IN];
            })
            .toList();
    return new Known(new RowMatrix(bytes, scales, OUT, IN), values);
  }

  private float[] rows(int count) {
    float[] x = new float[count * IN];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) random.nextGaussian();
    }
    return x;
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "1, 2", "2, 2", "3, 1", "4, 1", "5, 3", "6, 2", "16, 2"})
  void productsAreThoseOfTheNumbersInMemory(int count, int threads) {
    Known wide = bfloat16();
    Known narrow = eightBits();
    float[] x = rows(count);
    float[] y = new float[count * OUT];
    float[] z = new float[count * OUT];
    try (RowEngine engine = engine(threads)) {
      engine.multiply(x, count, List.of(wide.matrix, narrow.matrix), List.of(y, z));
    }
    for (int r = 0; r < count; r++) {
      for (int o = 0; o < OUT; o++) {
        double exact = 0;
        double exactNarrow = 0;
        for (int j = 0; j < IN; j++) {
          exact += (double) x[r * IN + j] * wide.at(o, j);
          exactNarrow += (double) x[r * IN + j] * narrow.at(o, j);
        }
        assertThat((double) y[r * OUT + o]).isCloseTo(exact, within(1e-3));
        assertThat((double) z[r * OUT + o]).isCloseTo(exactNarrow, within(1e-1));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 6, 9})
  void aRowsProductIsTheSameBitForBitWhateverRowsAreBesideIt(int count) {
    for (Known known : List.of(bfloat16(), eightBits())) {
      float[] x = rows(count);
      float[] together = new float[count * OUT];
      float[] alone = new float[count * OUT];
      try (RowEngine engine = engine(2)) {
        engine.multiply(x, count, List.of(known.matrix), List.of(together));
        for (int r = 0; r < count; r++) {
          float[] one = new float[IN];
          float[] y = new float[OUT];
          System.arraycopy(x, r * IN, one, 0, IN);
          engine.multiply(one, 1, List.of(known.matrix), List.of(y));
          System.arraycopy(y, 0, alone, r * OUT, OUT);
        }
      }
      assertThat(together).isEqualTo(alone);
    }
  }

  @Test
  void aMixIsTheSumOfWeightedRows() {
    int head = 4 * Lanes.COLUMNS;
    int n = 9;
    Known known = bfloat16();
    MemorySegment bytes = Arena.ofAuto().allocate(2L * n * head);
    MemorySegment.copy(known.matrix.numbers(), 0, bytes, 0, 2L * n * head);
    float[] weights = rows(1);
    float[] y = new float[head + 3];
    RowEngine.mix(bytes, 0, n, head, weights, 5, y, 3);
    for (int j = 0; j < head; j++) {
      double exact = 0;
      for (int i = 0; i < n; i++) {
        exact += (double) weights[5 + i] * known.values.get(i * head + j);
      }
      assertThat((double) y[3 + j]).isCloseTo(exact, within(1e-4));
    }
  }

  @Test
  void everyPieceOfWorkIsDoneOnceByWhoeverIsFree() {
    try (Team team = new Team(3)) {
      for (int work = 0; work < 2000; work++) {
        AtomicIntegerArray done = new AtomicIntegerArray(17);
        team.run(17, done::incrementAndGet);
        assertThat(IntStream.range(0, 17).map(done::get).toArray()).containsOnly(1);
      }
    }
  }

  @Test
  void whatAPieceThrowsReachesTheCallerAndTheTeamGoesOn() {
    try (Team team = new Team(2)) {
      assertThatThrownBy(() ->
              team.run(
                  4,
                  piece -> {
                    if (piece == 3) {
                      throw new IllegalStateException("piece 3");
                    }
                  }))
          .hasMessage("piece 3");
      AtomicIntegerArray done = new AtomicIntegerArray(4);
      team.run(4, done::incrementAndGet);
      assertThat(done.get(3)).isEqualTo(1);
    }
  }

  @Test
  void aMatrixMustFitIntoItsMemory() {
    MemorySegment bytes = Arena.ofAuto().allocate(100);
    assertThatThrownBy(() -> new RowMatrix(bytes, 2, 32)).hasMessage("100 bytes; 128 are needed");
    assertThatThrownBy(() -> new RowMatrix(bytes, new float[1], 2, 32))
        .hasMessage("1 scales for 2 rows");
  }
}
