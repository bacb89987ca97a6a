// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import io.owlmesh.llm.speculation.DraftTokens;
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
  List<Sequence> next(ScheduledChunk chunk, ForwardResult result, int segment) {
    Sequence sequence = chunk.sequence();
    List<Sequence> born = new ArrayList<>();
    if (!forked) {
      forked = true;
      for (int i = 1; i < choosers.size(); i++) {
        born.add(fork(sequence)); // Its branch is the number of its answer.
      }
    }
    choose(sequence, chunk.draft(), result, segment);
    born.removeIf(child -> {
      choose(child, DraftTokens.NONE, result, segment);
      return child.isOver();
    });
    if (ended == choosers.size()) {
      finish();
    }
    return born;
  }

  /**
   * Chooses the next token, and while it is the one that was proposed, the one after it: each from
   * the logits and after the tokens that it would be chosen from and after without a draft.
   */
  private void choose(Sequence sequence, DraftTokens draft, ForwardResult result, int segment) {
    boolean right = true;
    for (int position = 0; right && position <= draft.computed(); position++) {
      if (position > 0) {
        sequence.computed(1); // What was proposed is known now.
      }
      requireFinite(result, segment, position);
      int id = choosers.get(sequence.branch()).choose(result, segment, position, sequence);
      tell(sequence, id);
      right = position < draft.proposed().size() && draft.proposed().get(position) == id;
      if (position < draft.proposed().size()) {
        sequence.acceptance().add(right);
      }
      // Who takes no more now, or has gone, is not sent the rest.
      right &= !sequence.isOver() && listener().isReady() && !listener().isGone();
    }
  }

  private void tell(Sequence sequence, int id) {
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
