// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import java.util.concurrent.ThreadLocalRandom;

/**
 * The right to take a turn in a session, until it expires unless it is renewed.
 *
 * @param owner the orchestrator; empty if the database has no other
 * @param fence higher with each lease of a database: what is written under an earlier one is
 *     refused
 */
public record TurnLease(String sessionId, String owner, long fence) {
  /** A lease in a database that only we use: nobody could take it. */
  static TurnLease alone(String sessionId) {
    // Other than any before, of which a caller may remember events.
    return new TurnLease(
        sessionId, "", ThreadLocalRandom.current().nextLong(1, 1_000_000_000_000_000_000L));
  }
}
