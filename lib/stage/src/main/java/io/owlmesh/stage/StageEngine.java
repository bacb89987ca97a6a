// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import io.owlmesh.proto.stage.v1.AdapterVersions;
import io.owlmesh.proto.stage.v1.Load;
import java.util.Optional;

/** What computes in a stage, and tells how it is. */
public interface StageEngine extends AutoCloseable {
  /** What it has to do now. */
  Load load();

  /** What it has computed since its start. */
  BatchCounts batches();

  /** Adapters that requests may name; empty of a stage that knows none. */
  default Optional<AdapterVersions> adapterVersions() {
    return Optional.empty();
  }

  @Override
  void close();
}
