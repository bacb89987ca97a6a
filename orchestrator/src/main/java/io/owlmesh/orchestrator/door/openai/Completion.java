// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import com.google.common.base.Utf8;
import io.owlmesh.core.ErrorCode;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.pipeline.AnswerObserver;
import io.owlmesh.proto.chat.v1.AnswerDone;
import io.owlmesh.proto.chat.v1.Stage;
import io.owlmesh.proto.llm.v1.FinishReason;
import io.owlmesh.proto.llm.v1.Finished;
import io.owlmesh.proto.llm.v1.Token;
import io.owlmesh.wire.Faults;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One completion on its way: hears what the mesh says and tells it as the request wants it. */
final class Completion implements AnswerObserver {
  /** Names of options, where ours differ from those of requests. */
  private static final Map<String, String> NAMES =
      Map.of(
          "json_schema", "response_format.json_schema.schema",
          "prompt", "messages",
          "turns", "messages",
          "images", "messages",
          "adapter", "model");

  private final Reply reply;
  private final boolean probabilities;
  private final List<Field> images;
  private final String lengthName;
  private final Map<Integer, Told> told = new HashMap<>();

  /** What of a choice was told, and its tokens of which none of the text was. */
  private static final class Told {
    private final Deque<Token> held = new ArrayDeque<>();
    private long bytes;

    /** Tokens of which text is told now. */
    List<Token> more(String text) {
      bytes += Utf8.encodedLength(text);
      List<Token> tokens = new ArrayList<>();
      while (!held.isEmpty() && held.getFirst().getTextOffset() < bytes) {
        tokens.add(held.removeFirst());
      }
      return tokens;
    }
  }

  /**
   * @param images the fields of the request that show them
   */
  Completion(Reply reply, CompletionParams choices, List<Field> images) {
    this.reply = reply;
    this.probabilities = choices.topLogprobs() >= 0;
    this.images = images;
    this.lengthName = choices.lengthName();
  }

  @Override
  public void stage(Stage stage, List<Integer> imageIndices, boolean cached) {}

  @Override
  public synchronized void token(Token token) {
    int choice = token.getAnswer();
    if (!probabilities) {
      reply.more(choice, token.getText(), List.of());
      return;
    }
    Told all = told.computeIfAbsent(choice, _ -> new Told());
    all.held.add(token);
    reply.more(choice, token.getText(), all.more(token.getText()));
  }

  @Override
  public void moved(int tokens) {}

  @Override
  public synchronized void ended(Finished end) {
    int choice = end.getAnswer();
    Told last = told.getOrDefault(choice, new Told());
    List<Token> tokens = last.more(end.getText());
    // What is left is of a stop or ends the sequence, unless the answer was cut.
    if (end.getReason() == FinishReason.FINISH_REASON_LENGTH) {
      tokens.addAll(last.held);
    }
    reply.more(choice, end.getText(), tokens);
    reply.ended(choice, end.getReason());
  }

  @Override
  public void whenReady(Runnable next) {
    reply.whenReady(next);
  }

  @Override
  public synchronized void done(AnswerDone done) {
    reply.done(done);
  }

  @Override
  public synchronized void fail(Throwable failure) {
    reply.failed(inRequestsTerms(failure));
  }

  /** A failure of the mesh by the names that the request has for things. */
  private Throwable inRequestsTerms(Throwable failure) {
    OwlException fault = Faults.fromStatus(Faults.toStatus(failure));
    String field = fault.field();
    if (field.isEmpty() || fault.code() == ErrorCode.RATE_LIMIT_EXCEEDED) {
      return failure; // The field of a limit is its name.
    }
    String name = field.startsWith("options.") ? field.substring("options.".length()) : field;
    String better = name.equals("max_new_tokens") ? lengthName : NAMES.getOrDefault(name, name);
    for (int i = 0; i < images.size(); i++) {
      if (name.equals("images[" + i + "]")) {
        better = images.get(i).path();
      }
    }
    return fault.renamed(better);
  }
}
