// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LogRateFilterTest {
  private final AtomicLong clock = new AtomicLong();
  private final LogRateFilter filter = new LogRateFilter();

  @BeforeEach
  void setClock() {
    filter.nanoTime = clock::get;
  }

  private static LogRecord failure() {
    LogRecord line = new LogRecord(Level.SEVERE, "it failed");
    line.setThrown(new IllegalStateException());
    return line;
  }

  @Test
  void ofAFloodOfLinesSomeAreWrittenAndTheRestIsCounted() {
    long written = IntStream.range(0, 10_000).filter(_ -> filter.isLoggable(failure())).count();
    assertThat(written).isEqualTo(600);

    clock.addAndGet(TimeUnit.SECONDS.toNanos(61));
    LogRecord next = failure();

    assertThat(filter.isLoggable(next)).isTrue();
    assertThat(next.getMessage()).isEqualTo("it failed (9400 lines before were left out)");
    assertThat(next.getThrown()).isNotNull();
  }

  @Test
  void ofStackTracesFewerAreWritten() {
    long traces =
        IntStream.range(0, 600)
            .mapToObj(_ -> failure())
            .filter(filter::isLoggable)
            .filter(line -> line.getThrown() != null)
            .count();
    assertThat(traces).isEqualTo(20);
  }
}
