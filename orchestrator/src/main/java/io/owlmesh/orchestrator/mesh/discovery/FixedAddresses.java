// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.discovery;

import java.util.Set;
import java.util.function.Consumer;

/** Addresses that do not change. */
record FixedAddresses(Set<ReplicaAddress> addresses) implements ReplicaAddresses {
  FixedAddresses {
    addresses = Set.copyOf(addresses);
  }

  @Override
  public void watch(Consumer<Set<ReplicaAddress>> told) {
    told.accept(addresses);
  }

  @Override
  public void close() {}
}
