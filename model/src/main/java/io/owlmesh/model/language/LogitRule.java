// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.language;

/** Changes how likely tokens are by what came before, or forbids them. */
@FunctionalInterface
public interface LogitRule {
  /** Changes nothing. */
  LogitRule NONE = (logits, history) -> {};

  /**
   * Changes the logits of a sequence's next token.
   *
   * @param logits [V], or log probabilities; changed in place, to negative infinity where an id is
   *     forbidden
   */
  void apply(float[] logits, History history);
}
