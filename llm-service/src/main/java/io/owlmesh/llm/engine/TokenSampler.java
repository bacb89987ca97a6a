// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import io.owlmesh.runtime.language.ForwardResult;
import io.owlmesh.runtime.language.TokenHistory;

/** Chooses the next token of one answer. */
@FunctionalInterface
public interface TokenSampler {
  /**
   * Chooses.
   *
   * @param segment of the answer
   * @param position of those whose logits are there, counted from 0
   * @param history of prompt and answer, up to that position
   * @return an id
   * @throws io.owlmesh.core.OwlException INTERNAL if the logits are no numbers
   */
  int choose(ForwardResult result, int segment, int position, TokenHistory history);
}
