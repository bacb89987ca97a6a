// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm;

import com.google.common.primitives.Ints;
import io.owlmesh.llm.engine.Chooser;
import io.owlmesh.model.language.History;
import io.owlmesh.model.language.Scoring;
import io.owlmesh.model.language.StepResult;
import io.owlmesh.model.text.Tokenizer;
import io.owlmesh.proto.llm.v1.Token;
import io.owlmesh.proto.llm.v1.TopToken;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/** Remembers how likely the token was that another chooses, and which were likelier. */
final class Likelihoods implements Chooser {
  private final Chooser chooser;
  private final int top;
  private final Tokenizer tokenizer;
  private double chosen;
  private List<TopToken> likeliest = List.of();

  /**
   * @param top likeliest tokens to tell
   */
  Likelihoods(Chooser chooser, int top, Tokenizer tokenizer) {
    this.chooser = chooser;
    this.top = top;
    this.tokenizer = tokenizer;
  }

  @Override
  public int choose(StepResult result, int segment, History history) {
    int id = chooser.choose(result, segment, history);
    float[] logits = result.logits(segment, 0);
    double sum = logits[id] - Scoring.logLikelihood(logits, id);
    chosen = logits[id] - sum;
    likeliest = likeliest(logits, sum);
    return id;
  }

  private List<TopToken> likeliest(float[] logits, double sum) {
    // The least likely of those kept comes first; of equal ones the larger id.
    PriorityQueue<Integer> kept =
        new PriorityQueue<>(
            Comparator.<Integer>comparingDouble(i -> logits[i])
                .thenComparing(Comparator.reverseOrder()));
    for (int i = 0; i < logits.length && top > 0; i++) {
      if (kept.size() < top || logits[i] > logits[kept.element()]) {
        kept.add(i);
        if (kept.size() > top) {
          kept.remove();
        }
      }
    }
    List<TopToken> tokens = new ArrayList<>();
    while (!kept.isEmpty()) {
      int id = kept.remove();
      tokens.addFirst(
          TopToken.newBuilder()
              .setId(id)
              .setText(tokenizer.decode(Ints.toArray(List.of(id))))
              .setLogProbability(logits[id] - sum)
              .build());
    }
    return tokens;
  }

  /** Adds what is known about the token that was chosen last. */
  void tell(Token.Builder token) {
    token.setLogProbability(chosen).addAllTop(likeliest);
  }
}
