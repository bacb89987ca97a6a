// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import java.util.Locale;

/** The neighbours of the orchestrator. */
public enum StageKind {
  VISION,
  ABSTRACTOR,
  LLM;

  /** The name for people and configuration. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
