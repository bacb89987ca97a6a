// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.grpc;

import com.google.common.base.Utf8;
import com.google.protobuf.ByteString;
import io.owlmesh.llm.engine.AnswerStats;
import io.owlmesh.model.text.Detokenizer;
import io.owlmesh.model.text.Tokenizer;
import io.owlmesh.proto.llm.v1.FinishReason;
import io.owlmesh.proto.llm.v1.Finished;
import io.owlmesh.proto.llm.v1.GenerateResponse;
import io.owlmesh.proto.llm.v1.Token;
import org.jspecify.annotations.Nullable;

/** One answer on its way to the caller: ids become text, which a stop may end. */
final class AnswerWriter {
  private final int answer;
  private final Tokenizer tokenizer;
  private final Detokenizer detokenizer;
  private final StopText stop;
  private final @Nullable Likelihoods likelihoods;
  // Bytes of the text so far, with what a stop holds back or cuts off.
  private int length;

  /**
   * @param answer its number
   * @param continues whether it goes on from the prompt's last text
   * @param likelihoods of its tokens, if they are wanted
   */
  AnswerWriter(
      int answer,
      Tokenizer tokenizer,
      boolean continues,
      StopText stop,
      @Nullable Likelihoods likelihoods) {
    this.answer = answer;
    this.tokenizer = tokenizer;
    this.detokenizer = new Detokenizer(tokenizer, continues);
    this.stop = stop;
    this.likelihoods = likelihoods;
  }

  GenerateResponse token(int id) {
    boolean first = detokenizer.isAtStart();
    int offset = length;
    String text = detokenizer.next(id);
    length += Utf8.encodedLength(text);
    Token.Builder token =
        Token.newBuilder()
            .setAnswer(answer)
            .setId(id)
            .setText(stop.next(text))
            .setBytes(ByteString.copyFrom(tokenizer.bytes(id, first)))
            .setSpelling(tokenizer.shown(id, first))
            .setTextOffset(offset);
    if (likelihoods != null) {
      likelihoods.tell(token, tokenizer, first);
    }
    return GenerateResponse.newBuilder().setToken(token).build();
  }

  /** The caller has had a token from elsewhere. */
  void resume(int id) {
    String text = detokenizer.next(id);
    length += Utf8.encodedLength(text);
    stop.next(text);
  }

  /** Whether a stop has ended it. */
  boolean isStopped() {
    return stop.isFound();
  }

  /** The end of the answer, with what was held back of its text. */
  Finished.Builder ended(AnswerStats stats) {
    Finished.Builder finished =
        Finished.newBuilder()
            .setAnswer(answer)
            .setReason(
                stats.stopped()
                    ? FinishReason.FINISH_REASON_STOP
                    : FinishReason.FINISH_REASON_LENGTH)
            .setText(stop.next(detokenizer.finish()) + stop.finish());
    stats.score().ifPresent(finished::setScore);
    return finished;
  }
}
