// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import io.owlmesh.runtime.language.ForwardResult;
import io.owlmesh.runtime.language.LanguageModel;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/** Answers that know nothing of each other. They share the prompt's blocks. */
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
  List<Sequence> next(Sequence live, ForwardResult result, int segment) {
    List<Sequence> born = new ArrayList<>();
    if (!forked) {
      forked = true;
      for (int i = 1; i < choosers.size(); i++) {
        born.add(fork(live)); // Its branch is the number of its answer.
      }
    }
    choose(live, result, segment);
    born.removeIf(child -> {
      choose(child, result, segment);
      return child.isOver();
    });
    if (ended == choosers.size()) {
      finish();
    }
    return born;
  }

  private void choose(Sequence live, ForwardResult result, int segment) {
    int id = choosers.get(live.branch()).choose(result, segment, live);
    tokenChosen();
    live.append(id);
    boolean goesOn = reader().token(live.branch(), id);
    boolean stopped = !goesOn || id == endOfSequence();
    int tokens = live.length() - live.promptLength();
    if (stopped || tokens == request().maxTokens()) {
      end(live);
      ended++;
      reader().ended(live.branch(), stats(stopped, tokens, OptionalDouble.empty()));
    }
  }
}
