// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.grpc;

import com.google.protobuf.ByteString;
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
  private double chosen;
  private List<Candidate> likeliest = List.of();

  /** A token that could have been chosen, and the logarithm of its probability. */
  private record Candidate(int id, double logProbability) {}

  /**
   * @param top likeliest tokens to tell
   */
  Likelihoods(TokenSampler chooser, int top) {
    this.chooser = chooser;
    this.top = top;
  }

  @Override
  public int choose(ForwardResult result, int segment, int position, TokenHistory history) {
    int id = chooser.choose(result, segment, position, history);
    float[] logits = result.logits(segment, position);
    double sum = logits[id] - Scoring.logLikelihood(logits, id);
    chosen = logits[id] - sum;
    likeliest = likeliest(logits, sum);
    return id;
  }

  private List<Candidate> likeliest(float[] logits, double sum) {
    TopK best = new TopK(top);
    for (int id = 0; id < logits.length; id++) {
      best.offer(id, logits[id]);
    }
    return best.ids().stream().map(id -> new Candidate(id, logits[id] - sum)).toList();
  }

  /**
   * Adds what is known about the token that was chosen last.
   *
   * @param first whether it begins its answer
   */
  void tell(Token.Builder token, Tokenizer tokenizer, boolean first) {
    token.setLogProbability(chosen);
    for (Candidate one : likeliest) {
      token.addTop(
          TopToken.newBuilder()
              .setId(one.id)
              .setSpelling(tokenizer.shown(one.id, first))
              .setBytes(ByteString.copyFrom(tokenizer.bytes(one.id, first)))
              .setLogProbability(one.logProbability));
    }
  }
}
