// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.language;

/**
 * Says which ids may come next. It remembers nothing of a sequence: what it needs to know it finds
 * in the history, so one rule serves many sequences, and those may be computed again at any time.
 */
@FunctionalInterface
public interface LogitsProcessor {
  /** Every id may come. */
  LogitsProcessor NONE = (_, _) -> {};

  /**
   * Sets the logits of ids that may not come next to negative infinity.
   *
   * @param logits [V], changed in place
   * @param history of prompt and answer
   * @throws io.owlmesh.core.OwlException INTERNAL if no id may come, or the answer broke the rule
   */
  void apply(float[] logits, TokenHistory history);
}
