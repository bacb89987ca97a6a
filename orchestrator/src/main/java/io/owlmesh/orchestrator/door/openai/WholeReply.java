// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.orchestrator.door.http.Exchange;
import io.owlmesh.proto.chat.v1.AnswerDone;
import io.owlmesh.proto.llm.v1.FinishReason;
import io.owlmesh.proto.llm.v1.Token;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** A completion as one object, at its end. */
final class WholeReply implements Reply {
  private final Exchange exchange;
  private final CompletionJson json;
  private final boolean probabilities;
  private final List<Choice> choices;

  private static final class Choice {
    private final StringBuilder text = new StringBuilder();
    private final List<Token> tokens = new ArrayList<>();
    private FinishReason reason = FinishReason.FINISH_REASON_UNSPECIFIED;
  }

  WholeReply(Exchange exchange, CompletionJson json, CompletionParams wanted) {
    this.exchange = exchange;
    this.json = json;
    this.probabilities = wanted.topLogprobs() >= 0;
    this.choices = IntStream.range(0, wanted.n()).mapToObj(_ -> new Choice()).toList();
  }

  @Override
  public void more(int choice, String text, List<Token> tokens) {
    choices.get(choice).text.append(text);
    choices.get(choice).tokens.addAll(tokens);
  }

  @Override
  public void ended(int choice, FinishReason reason) {
    choices.get(choice).reason = reason;
  }

  @Override
  public void done(AnswerDone done) {
    ObjectNode completion = json.head("chat.completion");
    ArrayNode all = completion.putArray("choices");
    for (int i = 0; i < choices.size(); i++) {
      Choice choice = choices.get(i);
      ObjectNode entry = all.addObject();
      entry.put("index", i);
      ObjectNode message = entry.putObject("message");
      message.put("role", "assistant");
      message.put("content", choice.text.toString());
      message.putNull("refusal");
      entry.set(
          "logprobs", probabilities ? CompletionJson.logprobs(choice.tokens) : all.nullNode());
      entry.put("finish_reason", CompletionJson.finishReason(choice.reason));
    }
    completion.set("usage", CompletionJson.usage(done));
    exchange.reply(completion.toString());
  }

  @Override
  public void failed(Throwable failure) {
    exchange.fail(failure);
  }

  @Override
  public void whenReady(Runnable next) {
    next.run();
  }
}
