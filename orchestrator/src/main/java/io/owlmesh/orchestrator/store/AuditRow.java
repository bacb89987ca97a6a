// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import com.google.common.base.CharMatcher;
import java.time.Instant;
import java.util.List;

/**
 * What somebody did, without a word of what was said.
 *
 * @param caller as {@code key:ID}, the subject of a token, or an address
 * @param method of gRPC, a route of HTTP with names in place of its values, or {@code answer}
 * @param session empty if it was about none
 * @param traceId 32 hex digits; empty if there is none
 * @param images SHA-256 of each that was shown
 * @param promptTokens positions of the prompt, of an answer
 * @param answerTokens that were told, of an answer
 * @param outcome {@code ok}, or the code of the error
 */
public record AuditRow(
    Instant time,
    String tenant,
    String caller,
    String method,
    String session,
    String traceId,
    List<String> images,
    long promptTokens,
    long answerTokens,
    String outcome) {
  // What the columns hold, by characters that a database may count twice.
  private static final int MAX_CALLER = 512;
  private static final int MAX_METHOD = 127;
  private static final int MAX_OUTCOME = 32;

  public AuditRow {
    images = List.copyOf(images);
    caller = kept(caller, MAX_CALLER);
    method = kept(method, MAX_METHOD);
    outcome = kept(outcome, MAX_OUTCOME);
  }

  /** A row that a database refuses would hold up all that follow. */
  private static String kept(String text, int most) {
    String plain = CharMatcher.javaIsoControl().replaceFrom(text, '?');
    return plain.substring(0, Math.min(plain.length(), most));
  }
}
