// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.placement;

import java.util.List;

/**
 * The replica that was chosen.
 *
 * @param index among the candidates
 * @param reason a word or two, the same for like cases
 * @param expectedSeconds to the first token; NaN if nobody knows
 * @param told what spoke for and against each candidate, in their order, for people; empty if
 *     nothing
 */
public record Choice(int index, String reason, double expectedSeconds, List<String> told) {
  public Choice {
    told = List.copyOf(told);
  }

  /** One by chance or by turns, of which nothing is to be said. */
  static Choice of(int index, String reason) {
    return new Choice(index, reason, Double.NaN, List.of());
  }
}
