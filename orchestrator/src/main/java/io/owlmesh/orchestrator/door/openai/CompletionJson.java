// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import io.owlmesh.proto.chat.v1.AnswerDone;
import io.owlmesh.proto.llm.v1.FinishReason;
import io.owlmesh.proto.llm.v1.Token;
import io.owlmesh.proto.llm.v1.TopToken;
import java.util.List;

/**
 * The objects of one completion as OpenAI's clients read them.
 *
 * @param id of the completion and all its chunks
 * @param created seconds since 1970
 * @param fingerprint of the weights that answer
 */
record CompletionJson(String id, long created, String model, String fingerprint) {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  /** What clients know as the logarithm of next to nothing. */
  private static final double IMPOSSIBLE = -9999;

  /** A whole completion, or a chunk of one, still without choices. */
  ObjectNode head(String object) {
    ObjectNode head = JSON.objectNode();
    head.put("id", id);
    head.put("object", object);
    head.put("created", created);
    head.put("model", model);
    head.put("system_fingerprint", fingerprint);
    return head;
  }

  static ObjectNode usage(AnswerDone done) {
    ObjectNode usage = JSON.objectNode();
    usage.put("prompt_tokens", done.getPromptTokens());
    usage.put("completion_tokens", done.getCompletionTokens());
    usage.put("total_tokens", done.getPromptTokens() + done.getCompletionTokens());
    usage.putObject("prompt_tokens_details").put("cached_tokens", done.getCachedPromptTokens());
    if (done.hasClampedMaxNewTokens()) {
      usage.put("max_completion_tokens", done.getClampedMaxNewTokens());
    }
    return usage;
  }

  static String finishReason(FinishReason reason) {
    return reason == FinishReason.FINISH_REASON_LENGTH ? "length" : "stop";
  }

  static ObjectNode logprobs(List<Token> tokens) {
    ObjectNode logprobs = JSON.objectNode();
    ArrayNode content = logprobs.putArray("content");
    for (Token token : tokens) {
      ObjectNode entry = logprob(token.getSpelling(), token.getBytes(), token.getLogProbability());
      ArrayNode top = entry.putArray("top_logprobs");
      for (TopToken one : token.getTopList()) {
        top.add(logprob(one.getSpelling(), one.getBytes(), one.getLogProbability()));
      }
      content.add(entry);
    }
    logprobs.putNull("refusal");
    return logprobs;
  }

  private static ObjectNode logprob(String token, ByteString spelt, double logprob) {
    ObjectNode entry = JSON.objectNode();
    entry.put("token", token);
    entry.put("logprob", Math.max(logprob, IMPOSSIBLE)); // There is no infinity in JSON.
    ArrayNode bytes = entry.putArray("bytes");
    for (byte b : spelt) {
      bytes.add(b & 0xff);
    }
    return entry;
  }
}
