// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire;

import io.quarkus.logging.LoggingFilter;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.logging.Filter;
import java.util.logging.LogRecord;

/**
 * Bounds what others can make this process write to its log: so many lines a minute, and fewer
 * stack traces. The next line that is written says how many were left out. What an address, a name
 * or a message of theirs has of line breaks and other controls is escaped, so that a line is one.
 */
@LoggingFilter(name = "owl-rate")
public final class LogRateFilter implements Filter {
  private static final int LINES = 600;
  private static final int TRACES = 20;
  private static final long WINDOW_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** What tells the time; only tests set another. */
  public LongSupplier nanoTime = System::nanoTime;

  private long begin = Long.MIN_VALUE;
  private int lines;
  private int traces;
  private int left;

  @Override
  public synchronized boolean isLoggable(LogRecord line) {
    long now = nanoTime.getAsLong();
    if (begin == Long.MIN_VALUE || now - begin > WINDOW_NANOS) {
      begin = now;
      lines = 0;
      traces = 0;
    }
    if (++lines > LINES) {
      left++;
      return false;
    }
    if (line.getThrown() != null && ++traces > TRACES) {
      line.setThrown(null);
    }
    String message = PrintableLine.message(line);
    if (left > 0) {
      message += " (" + left + " lines before were left out)";
      left = 0;
    }
    PrintableLine.set(line, message);
    return true;
  }
}
