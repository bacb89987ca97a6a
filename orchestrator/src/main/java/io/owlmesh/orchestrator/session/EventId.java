// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

import io.owlmesh.core.OwlException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A place in an answer, the same in every orchestrator.
 *
 * @param fence of the lease that the answer is written under: another one if it is written again
 * @param characters of its text before the place, in code points
 */
record EventId(String answerId, long fence, int characters) {
  private static final Pattern TEXT =
      Pattern.compile("([0-9a-f-]{36})\\.([0-9]{1,18})\\.([0-9]{1,9})");

  /**
   * Reads what {@link #toString} wrote.
   *
   * @throws OwlException BAD_INPUT naming the field
   */
  static EventId parse(String field, String text) {
    Matcher parts = TEXT.matcher(text);
    if (!parts.matches()) {
      throw OwlException.badInput(field, "'" + text + "' is no event_id of a turn");
    }
    return new EventId(
        parts.group(1), Long.parseLong(parts.group(2)), Integer.parseInt(parts.group(3)));
  }

  /** The place after more text. */
  EventId plus(String text) {
    return new EventId(answerId, fence, characters + text.codePointCount(0, text.length()));
  }

  @Override
  public String toString() {
    return answerId + "." + fence + "." + characters;
  }
}
