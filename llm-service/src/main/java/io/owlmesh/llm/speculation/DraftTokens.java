// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.speculation;

import java.util.List;

/**
 * Ids that may follow the newest one of a sequence.
 *
 * @param proposed in order
 * @param computed how many of them a step computes beside the newest one; what becomes of the next
 *     one is only looked at
 */
public record DraftTokens(List<Integer> proposed, int computed) {
  /** Nothing is proposed. */
  public static final DraftTokens NONE = new DraftTokens(List.of(), 0);

  public DraftTokens {
    proposed = List.copyOf(proposed);
  }

  /** The same ids, none of which is computed. */
  public DraftTokens looked() {
    return new DraftTokens(proposed, 0);
  }

  /** The ids that are computed. */
  public List<Integer> ids() {
    return proposed.subList(0, computed);
  }
}
