// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire;

import io.owlmesh.core.Printable;
import java.util.logging.LogRecord;
import org.jboss.logmanager.ExtFormatter;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.ExtLogRecord.FormatStyle;
import org.jboss.logmanager.formatters.PatternFormatter;
import org.jspecify.annotations.Nullable;

/** Lines of a log that nobody else's text can end or hide. */
final class PrintableLine {
  private static final ExtFormatter MESSAGE = new PatternFormatter("%s");
  private static final int MAX_CAUSES = 16;

  private PrintableLine() {}

  /** What a line says, with its parameters, escaped. */
  static String message(LogRecord line) {
    return Printable.whole(String.valueOf(MESSAGE.formatMessage(line)));
  }

  /** Has a line say this as it is, and escapes the messages of what was thrown. */
  static void set(LogRecord line, String message) {
    if (line instanceof ExtLogRecord own) {
      own.setMessage(message, FormatStyle.NO_FORMAT);
    } else {
      line.setMessage(message);
    }
    line.setParameters(null);
    Throwable thrown = line.getThrown();
    if (thrown != null && !isPlain(thrown, MAX_CAUSES)) {
      line.setThrown(new Told(thrown, MAX_CAUSES));
    }
  }

  private static boolean isPlain(@Nullable Throwable thrown, int depth) {
    if (thrown == null || depth == 0) {
      return thrown == null;
    }
    String told = thrown.toString();
    if (!told.equals(Printable.whole(told)) || !isPlain(thrown.getCause(), depth - 1)) {
      return false;
    }
    for (Throwable other : thrown.getSuppressed()) {
      if (!isPlain(other, depth - 1)) {
        return false;
      }
    }
    return true;
  }

  /** An exception as it was, with its message and those of its causes escaped. */
  private static final class Told extends Exception {
    private static final long serialVersionUID = 1L;

    private final String text;

    Told(Throwable thrown, int depth) {
      super(
          thrown.getMessage(),
          thrown.getCause() == null || depth == 0 ? null : new Told(thrown.getCause(), depth - 1));
      text = Printable.whole(thrown.toString());
      setStackTrace(thrown.getStackTrace());
      for (Throwable other : depth == 0 ? new Throwable[0] : thrown.getSuppressed()) {
        addSuppressed(new Told(other, depth - 1));
      }
    }

    @Override
    @SuppressWarnings("OverrideThrowableToString") // It tells the class of another one.
    public String toString() {
      return text;
    }
  }
}
