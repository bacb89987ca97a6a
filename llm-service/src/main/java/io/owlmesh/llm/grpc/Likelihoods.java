// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.grpc;

import com.google.common.primitives.Ints;
import io.owlmesh.llm.engine.TokenSampler;
import io.owlmesh.llm.engine.TopK;
import io.owlmesh.model.text.Tokenizer;
import io.owlmesh.proto.llm.v1.Token;
import io.owlmesh.proto.llm.v1.TopToken;
import io.owlmesh.runtime.language.ForwardResult;
import io.owlmesh.runtime.language.Scoring;
import io.owlmesh.runtime.language.TokenHistory;
import java.util.List;

/** Remembers how likely the token was that another chooses, and which were likelier. */
final class Likelihoods implements TokenSampler {
  private final TokenSampler chooser;
  private final int top;
  private final Tokenizer tokenizer;
  private double chosen;
  private List<TopToken> likeliest = List.of();

  /**
   * @param top likeliest tokens to tell
   */
  Likelihoods(TokenSampler chooser, int top, Tokenizer tokenizer) {
    this.chooser = chooser;
    this.top = top;
    this.tokenizer = tokenizer;
  }

  @Override
  public int choose(ForwardResult result, int segment, TokenHistory history) {
    int id = chooser.choose(result, segment, history);
    float[] logits = result.logits(segment, 0);
    double sum = logits[id] - Scoring.logLikelihood(logits, id);
    chosen = logits[id] - sum;
    likeliest = likeliest(logits, sum);
    return id;
  }

  private List<TopToken> likeliest(float[] logits, double sum) {
    TopK best = new TopK(top);
    for (int id = 0; id < logits.length; id++) {
      best.offer(id, logits[id]);
    }
    return best.ids().stream()
        .map(id ->
            TopToken.newBuilder()
                .setId(id)
                .setText(tokenizer.decode(Ints.toArray(List.of(id))))
                .setLogProbability(logits[id] - sum)
                .build())
        .toList();
  }

  /** Adds what is known about the token that was chosen last. */
  void tell(Token.Builder token) {
    token.setLogProbability(chosen).addAllTop(likeliest);
  }
}
