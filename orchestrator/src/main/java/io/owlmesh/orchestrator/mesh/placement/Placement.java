// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.placement;

import io.owlmesh.core.OwlException;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Chooses a replica. Implementations may be asked by one thread at a time. */
public interface Placement {
  /** Placements of language models, by the names that the setting takes. */
  Map<String, Supplier<Placement>> NAMED =
      Map.of(
          "expected-time", ExpectedTime::new,
          "least-outstanding", LeastOutstanding::new,
          "round-robin", RoundRobin::new,
          "consistent-hashing", ConsistentHashing::new);

  /**
   * Chooses one.
   *
   * @param candidates at least one
   */
  Choice choose(List<Candidate> candidates, Work work);

  /**
   * A placement by its name.
   *
   * @throws OwlException BAD_INPUT naming the known ones
   */
  static Placement named(String name) {
    Supplier<Placement> known = NAMED.get(name);
    if (known == null) {
      throw OwlException.badInput(
          "owl.placement",
          "'%s'; known are %s".formatted(name, NAMED.keySet().stream().sorted().toList()));
    }
    return known.get();
  }
}
