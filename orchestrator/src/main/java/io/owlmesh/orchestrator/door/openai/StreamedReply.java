// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.orchestrator.door.http.EventStream;
import io.owlmesh.proto.chat.v1.AnswerDone;
import io.owlmesh.proto.llm.v1.FinishReason;
import io.owlmesh.proto.llm.v1.Token;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A completion as chunks, each as soon as it is there. */
final class StreamedReply implements Reply {
  private final EventStream out;
  private final CompletionJson json;
  private final boolean probabilities;
  private final boolean usage;
  private final BitSet begun = new BitSet();

  /**
   * @param usage whether the stream ends with counts
   */
  StreamedReply(EventStream out, CompletionJson json, boolean probabilities, boolean usage) {
    this.out = out;
    this.json = json;
    this.probabilities = probabilities;
    this.usage = usage;
  }

  @Override
  public void more(int choice, String text, List<Token> tokens) {
    begin(choice);
    if (!text.isEmpty() || !tokens.isEmpty()) {
      ObjectNode chunk = chunk(choice, null);
      ObjectNode entry = (ObjectNode) chunk.withArray("choices").get(0);
      ((ObjectNode) entry.get("delta")).put("content", text);
      if (probabilities) {
        entry.set("logprobs", CompletionJson.logprobs(tokens));
      }
      out.send(chunk.toString());
    }
  }

  private void begin(int choice) {
    if (!begun.get(choice)) {
      begun.set(choice);
      ObjectNode chunk = chunk(choice, null);
      ObjectNode delta = (ObjectNode) chunk.withArray("choices").get(0).get("delta");
      delta.put("role", "assistant");
      delta.put("content", "");
      out.send(chunk.toString());
    }
  }

  private ObjectNode chunk(int choice, @Nullable String reason) {
    ObjectNode chunk = json.head("chat.completion.chunk");
    ObjectNode entry = chunk.putArray("choices").addObject();
    entry.put("index", choice);
    entry.putObject("delta");
    entry.putNull("logprobs");
    entry.put("finish_reason", reason);
    if (usage) {
      chunk.putNull("usage");
    }
    return chunk;
  }

  @Override
  public void ended(int choice, FinishReason reason) {
    begin(choice);
    out.send(chunk(choice, CompletionJson.finishReason(reason)).toString());
  }

  @Override
  public void done(AnswerDone done) {
    if (usage) {
      ObjectNode last = json.head("chat.completion.chunk");
      last.putArray("choices");
      last.set("usage", CompletionJson.usage(done));
      out.send(last.toString());
    }
    out.send("[DONE]");
    out.end();
  }

  @Override
  public void failed(Throwable failure) {
    out.fail(failure);
  }

  @Override
  public void whenReady(Runnable next) {
    out.whenReady(next);
  }
}
