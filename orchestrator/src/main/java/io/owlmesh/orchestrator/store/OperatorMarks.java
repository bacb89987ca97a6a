// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import java.util.Map;
import java.util.Set;

/**
 * What operators set for all orchestrators of a database.
 *
 * @param drained replicas that get no more work
 * @param canaries by model, as far as any was set
 */
public record OperatorMarks(Set<Drained> drained, Map<String, Canary> canaries) {
  public OperatorMarks {
    drained = Set.copyOf(drained);
    canaries = Map.copyOf(canaries);
  }

  /** What is set of a model's canary: nothing, if nobody did. */
  public Canary canary(String model) {
    Canary set = canaries.get(model);
    return set == null ? new Canary(model, 0, 0, "", "") : set;
  }

  /** A replica that gets no more work. */
  public record Drained(String stage, String address) {}

  /**
   * The share of other weights than those in use.
   *
   * @param model whose weights; empty for that of the settings
   * @param version higher with each change
   * @param percent of new work, 0 to 100
   * @param ended why it was ended by itself; empty if it was not
   * @param inUse digests of the weights in use, by spaces; empty if nobody said
   */
  public record Canary(String model, long version, int percent, String ended, String inUse) {
    /** Whether it says the same, in whatever version. */
    public boolean says(Canary other) {
      return percent == other.percent && ended.equals(other.ended) && inUse.equals(other.inUse);
    }
  }
}
