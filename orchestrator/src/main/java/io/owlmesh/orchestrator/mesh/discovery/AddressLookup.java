// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.discovery;

import java.io.IOException;
import java.util.Set;

/** A source that must be asked to be heard of. */
interface AddressLookup extends AutoCloseable {
  /**
   * All addresses that there are now.
   *
   * @throws IOException if the source cannot be read
   * @throws io.owlmesh.core.OwlException if what it says is wrong
   */
  Set<ReplicaAddress> look() throws IOException, InterruptedException;

  @Override
  default void close() {}
}
