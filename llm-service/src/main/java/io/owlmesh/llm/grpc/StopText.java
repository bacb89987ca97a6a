// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.grpc;

import io.owlmesh.core.OwlException;
import java.util.List;

/**
 * Looks for texts that end an answer while it grows. What may be the beginning of one is held back,
 * so nothing of it is ever given out, over however many tokens it spans.
 */
final class StopText {
  static final int MAX_STOPS = 16;
  private static final int MAX_LENGTH = 256;

  private final List<String> stops;
  private final StringBuilder held = new StringBuilder();
  private boolean found;

  /**
   * @param stops at most 16, of 1 to 256 characters each
   * @throws OwlException BAD_INPUT naming the limit
   */
  StopText(List<String> stops) {
    if (stops.size() > MAX_STOPS) {
      throw OwlException.badInput("stop", stops.size() + " texts, the limit is " + MAX_STOPS);
    }
    for (int i = 0; i < stops.size(); i++) {
      int length = stops.get(i).length();
      if (length < 1 || length > MAX_LENGTH) {
        throw OwlException.badInput(
            "stop[" + i + "]", length + " characters, allowed are 1 to " + MAX_LENGTH);
      }
    }
    this.stops = List.copyOf(stops);
  }

  /** Whether a stop came; nothing is given out any more. */
  boolean isFound() {
    return found;
  }

  /**
   * Takes the next text.
   *
   * @return what is certain not to belong to a stop
   */
  String next(String text) {
    if (found) {
      return "";
    }
    held.append(text);
    int first = -1;
    for (String stop : stops) {
      int at = held.indexOf(stop);
      first = at >= 0 && (first < 0 || at < first) ? at : first;
    }
    if (first >= 0) {
      found = true;
      return held.substring(0, first);
    }
    return take(held.length() - promising());
  }

  /** The rest, when the answer has ended. */
  String finish() {
    return found ? "" : take(held.length());
  }

  private String take(int length) {
    String certain = held.substring(0, length);
    held.delete(0, length);
    return certain;
  }

  /** Length of the longest end of the held text that a stop begins with. */
  private int promising() {
    for (int from = Math.max(0, held.length() - MAX_LENGTH); from < held.length(); from++) {
      String end = held.substring(from);
      if (stops.stream().anyMatch(stop -> stop.startsWith(end))) {
        return end.length();
      }
    }
    return 0;
  }
}
