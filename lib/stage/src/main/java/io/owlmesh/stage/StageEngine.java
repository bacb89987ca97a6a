// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import io.owlmesh.proto.stage.v1.AdapterVersions;
import io.owlmesh.proto.stage.v1.Load;
import java.util.Optional;
import java.util.function.IntConsumer;

/** What computes in a stage, and tells how it is. */
public interface StageEngine extends AutoCloseable {
  /** What it has to do now. */
  Load load();

  /** What it has computed since its start. */
  BatchCounts batches();

  /**
   * Tells of each batch from now on how many items it had.
   *
   * @param listener in place of the one before; on the engine's thread, and must not fail
   */
  void onBatch(IntConsumer listener);

  /** Adapters that requests may name; empty of a stage that knows none. */
  default Optional<AdapterVersions> adapterVersions() {
    return Optional.empty();
  }

  @Override
  void close();
}
