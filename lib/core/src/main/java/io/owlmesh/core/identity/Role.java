// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.core.identity;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** What a caller may do; each role includes those before it. */
public enum Role {
  /** Asks, and keeps conversations. */
  USER,
  /** Also changes adapters, drains replicas, and reads statistics and everybody's feedback. */
  OPERATOR,
  /** Everything. */
  ADMIN;

  /** Whether whoever has this role may do what needs another. */
  public boolean includes(Role needed) {
    return compareTo(needed) >= 0;
  }

  /** As files and tokens spell it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The role of that label, if there is one. */
  public static Optional<Role> of(String label) {
    return Stream.of(values()).filter(role -> role.label().equals(label)).findFirst();
  }
}
