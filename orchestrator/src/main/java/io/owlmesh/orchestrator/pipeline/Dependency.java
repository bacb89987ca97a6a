// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.owlmesh.core.OwlException;

/** Something beside the stages that this process needs to be of use. */
public interface Dependency {
  /**
   * Tries it.
   *
   * @throws OwlException UNAVAILABLE, saying what is wrong
   */
  void check();
}
