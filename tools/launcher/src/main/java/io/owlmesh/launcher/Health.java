// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

/** What a service says about itself. */
public enum Health {
  /** Ready for requests. */
  SERVING,
  /** It answers, but is loading or stopping. */
  NOT_SERVING,
  /** Nothing answers. */
  UNREACHABLE
}
