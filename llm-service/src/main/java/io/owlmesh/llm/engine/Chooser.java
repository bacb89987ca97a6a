// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import io.owlmesh.model.language.History;
import io.owlmesh.model.language.StepResult;

/** Chooses the next token of one answer. */
@FunctionalInterface
public interface Chooser {
  /**
   * Chooses.
   *
   * @param segment of the answer, whose last position's logits are there
   * @param history of prompt and answer
   * @return an id
   * @throws io.owlmesh.model.OwlException INTERNAL if the logits are no numbers
   */
  int choose(StepResult result, int segment, History history);
}
