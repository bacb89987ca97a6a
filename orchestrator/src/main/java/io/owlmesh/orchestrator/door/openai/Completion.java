// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.pipeline.AnswerObserver;
import io.owlmesh.proto.chat.v1.AnswerDone;
import io.owlmesh.proto.chat.v1.Stage;
import io.owlmesh.proto.llm.v1.FinishReason;
import io.owlmesh.proto.llm.v1.Finished;
import io.owlmesh.proto.llm.v1.Token;
import io.owlmesh.wire.Faults;
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
  private final Map<Integer, Token> held = new HashMap<>();

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
    // The token that ends an answer is not part of it, and known only by what follows.
    Token before = held.put(choice, token);
    if (before != null) {
      reply.more(choice, before.getText(), List.of(before));
    }
  }

  @Override
  public synchronized void ended(Finished end) {
    int choice = end.getAnswer();
    Token last = held.remove(choice);
    if (last != null) {
      boolean part =
          end.getReason() == FinishReason.FINISH_REASON_LENGTH || !last.getText().isEmpty();
      reply.more(choice, last.getText(), part ? List.of(last) : List.of());
    }
    reply.more(choice, end.getText(), List.of());
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
    if (field.isEmpty()) {
      return failure;
    }
    String name = field.startsWith("options.") ? field.substring("options.".length()) : field;
    String better = name.equals("max_new_tokens") ? lengthName : NAMES.getOrDefault(name, name);
    for (int i = 0; i < images.size(); i++) {
      if (name.equals("images[" + i + "]")) {
        better = images.get(i).path();
      }
    }
    String message = String.valueOf(fault.getMessage());
    return new OwlException(fault.fault(), better, message.substring(field.length() + 2), failure);
  }
}
