// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.stream.IntStream;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.ExtLogRecord.FormatStyle;
import org.jboss.logmanager.formatters.PatternFormatter;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LogRateFilterTest {
  private static final PatternFormatter MESSAGE = new PatternFormatter("%s");

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
  void textOfOthersNeitherEndsALineNorHidesIt() {
    ExtLogRecord line =
        new ExtLogRecord(Level.WARNING, "%s: no address", FormatStyle.PRINTF, "Test");
    line.setParameters(new Object[] {"a\n2026-11-28 INFO [Ready]\u001b[2K\r\u2028\u202e%s"});
    line.setThrown(
        new IllegalStateException("outer", new IllegalArgumentException("inner\nforged")));

    assertThat(filter.isLoggable(line)).isTrue();

    assertThat(MESSAGE.format(line))
        .isEqualTo("a\\u000a2026-11-28 INFO [Ready]\\u001b[2K\\u000d\\u2028\\u202e%s: no address");
    StringWriter trace = new StringWriter();
    line.getThrown().printStackTrace(new PrintWriter(trace, true));
    assertThat(trace.toString().lines())
        .contains(
            "java.lang.IllegalStateException: outer",
            "Caused by: java.lang.IllegalArgumentException: inner\\u000aforged")
        .noneMatch(one -> one.startsWith("forged"));
  }

  @Test
  void theCountOfLinesLeftOutStandsBehindAFormattedMessage() {
    IntStream.range(0, 601).forEach(_ -> filter.isLoggable(failure()));
    clock.addAndGet(TimeUnit.SECONDS.toNanos(61));
    ExtLogRecord line = new ExtLogRecord(Level.INFO, "%s of %d", FormatStyle.PRINTF, "Test");
    line.setParameters(new Object[] {"one", 2});

    assertThat(filter.isLoggable(line)).isTrue();

    assertThat(MESSAGE.format(line)).isEqualTo("one of 2 (1 lines before were left out)");
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
