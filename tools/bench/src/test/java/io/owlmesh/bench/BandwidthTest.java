// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class BandwidthTest {
  @Test
  void everyWordOfTheBufferIsReadOnce() {
    long words = 4096;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(words * Long.BYTES, Long.BYTES);
      for (long i = 0; i < words; i++) {
        buffer.setAtIndex(ValueLayout.JAVA_LONG, i, i + 1);
      }

      assertThat(Bandwidth.sum(buffer)).isEqualTo(words * (words + 1) / 2);
    }
  }

  @Test
  void theFigureIsTheBytesThatWereReadOverTheTimeOfTheBestPass() throws Exception {
    AtomicLong calls = new AtomicLong();
    // Two looks at the clock a pass: the passes take 9, 8, ... 2 ms.
    double figure =
        Bandwidth.measure(
            (8 << 20) + 12_345,
            2,
            () -> {
              long call = calls.getAndIncrement();
              return call % 2 == 0 ? 0 : (9 - call / 2) * 1_000_000;
            });

    // Whole pages for each of two threads.
    assertThat(figure).isEqualTo(((8 << 20) + 8192) * 1e9 / 2e6);
  }
}
