// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What orchestrators tell each other of a session: ids alone, for anybody in the database hears it.
 */
public record Notice(Kind kind, String sessionId) {
  private static final Pattern TEXT = Pattern.compile("(free|stop|follow) ([0-9a-f-]{36})");

  /** What it is about. */
  public enum Kind {
    /** A turn is over for which another orchestrator waits. */
    FREE,
    /** The answer is to end. */
    STOP,
    /** Somebody follows the answer. */
    FOLLOW
  }

  /** Nothing if it is none of ours. */
  static Optional<Notice> parse(String text) {
    Matcher parts = TEXT.matcher(text);
    return parts.matches()
        ? Optional.of(
            new Notice(Kind.valueOf(parts.group(1).toUpperCase(Locale.ROOT)), parts.group(2)))
        : Optional.empty();
  }

  @Override
  public String toString() {
    return kind.name().toLowerCase(Locale.ROOT) + " " + sessionId;
  }
}
