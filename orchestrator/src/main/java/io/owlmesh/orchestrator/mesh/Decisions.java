// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The last choices of replicas of one stage. */
public final class Decisions {
  /** How many are kept. */
  public static final int KEPT = 256;

  private final Deque<Decision> last = new ArrayDeque<>();

  /**
   * One choice.
   *
   * @param traceId that the work belongs to; empty if it is in none
   * @param replica that was chosen; empty if none could be
   * @param positions of the prompt, or pictures
   * @param considered what spoke for or against each replica, by address
   */
  public record Decision(
      StageKind stage,
      Instant time,
      String traceId,
      String replica,
      String reason,
      int positions,
      Map<String, String> considered) {
    public Decision {
      considered = new TreeMap<>(considered);
    }
  }

  synchronized void add(Decision decision) {
    if (last.size() == KEPT) {
      last.removeLast();
    }
    last.addFirst(decision);
  }

  /** The newest first. */
  public synchronized List<Decision> newest() {
    return List.copyOf(last);
  }
}
