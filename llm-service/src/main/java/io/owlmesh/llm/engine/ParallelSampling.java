// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import io.owlmesh.runtime.language.ForwardResult;
import io.owlmesh.runtime.language.LanguageModel;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/** Answers that know nothing of each other. They chunk the prompt's blocks. */
final class ParallelSampling extends SequenceGroup {
  private final List<TokenSampler> choosers;
  private boolean forked;
  private int ended;

  ParallelSampling(
      EngineRequest request,
      DecodingStrategy.Samples samples,
      LanguageModel model,
      long arrival,
      long submitted,
      Runnable onEnd) {
    super(request, model, arrival, submitted, onEnd);
    this.choosers = samples.choosers();
  }

  @Override
  List<Sequence> next(Sequence sequence, ForwardResult result, int segment) {
    List<Sequence> born = new ArrayList<>();
    if (!forked) {
      forked = true;
      for (int i = 1; i < choosers.size(); i++) {
        born.add(fork(sequence)); // Its branch is the number of its answer.
      }
    }
    choose(sequence, result, segment);
    born.removeIf(child -> {
      choose(child, result, segment);
      return child.isOver();
    });
    if (ended == choosers.size()) {
      finish();
    }
    return born;
  }

  private void choose(Sequence sequence, ForwardResult result, int segment) {
    int id = choosers.get(sequence.branch()).choose(result, segment, sequence);
    tokenChosen();
    sequence.append(id);
    boolean goesOn = listener().token(sequence.branch(), id);
    boolean stopped = !goesOn || id == endOfSequence();
    int tokens = sequence.length() - sequence.promptLength();
    if (stopped || tokens == request().maxTokens()) {
      end(sequence);
      ended++;
      listener().ended(sequence.branch(), stats(stopped, tokens, OptionalDouble.empty()));
    }
  }
}
