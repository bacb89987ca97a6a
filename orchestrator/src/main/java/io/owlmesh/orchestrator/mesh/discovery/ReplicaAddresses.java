// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.discovery;

import java.util.Set;
import java.util.function.Consumer;

/** Where the replicas of a stage are, now and as it changes. */
public interface ReplicaAddresses extends AutoCloseable {
  /**
   * Tells the whole set at once if it is known, and again whenever it changes; never from two
   * threads at a time. A source that cannot be read keeps what was told last, and is logged. To be
   * called once.
   */
  void watch(Consumer<Set<ReplicaAddress>> told);

  /** Tells nothing more. */
  @Override
  void close();
}
