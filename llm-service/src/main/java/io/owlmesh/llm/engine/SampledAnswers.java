// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import io.owlmesh.model.language.LanguageModel;
import io.owlmesh.model.language.StepResult;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/** Answers that know nothing of each other. They share the prompt's blocks. */
final class SampledAnswers extends Answering {
  private final List<Chooser> choosers;
  private boolean forked;
  private int ended;

  SampledAnswers(
      EngineRequest request,
      Choosing.Samples samples,
      LanguageModel model,
      long arrival,
      long submitted,
      Runnable onEnd) {
    super(request, model, arrival, submitted, onEnd);
    this.choosers = samples.choosers();
  }

  @Override
  List<Live> next(Live live, StepResult result, int segment) {
    List<Live> born = new ArrayList<>();
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

  private void choose(Live live, StepResult result, int segment) {
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
