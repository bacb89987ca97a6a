// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import io.owlmesh.orchestrator.pipeline.AnswerParams;
import io.owlmesh.proto.chat.v1.AnswerOptions;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import java.util.List;
import java.util.Set;

/**
 * How the choices of a completion come about.
 *
 * @param options without an adapter
 * @param n how many choices
 * @param topLogprobs likeliest tokens told with each; -1 for no probabilities at all
 * @param lengthName which of its two names the limit of tokens was given by
 */
record CompletionParams(AnswerOptions options, int n, int topLogprobs, String lengthName) {
  static final Set<String> KNOWN =
      Set.of(
          "max_tokens",
          "max_completion_tokens",
          "temperature",
          "top_p",
          "n",
          "stop",
          "seed",
          "presence_penalty",
          "frequency_penalty",
          "logit_bias",
          "logprobs",
          "top_logprobs",
          "response_format",
          "tools",
          "tool_choice",
          "modalities",
          "store",
          "top_k",
          "min_p",
          "repetition_penalty",
          "regex");

  private static final int MAX_N = 128;
  private static final int MAX_STOPS = 16;
  private static final int MAX_STOP = 256;
  private static final String LENGTH = "max_completion_tokens";
  private static final String OLD_LENGTH = "max_tokens";
  private static final int MAX_TOP_LOGPROBS = 20;

  /** An object of any properties: what "json_object" promises. */
  private static final String ANY_OBJECT = "{\"type\":\"object\"}";

  static CompletionParams of(Field request) {
    refuseWhatIsNot(request);
    AnswerOptions.Builder options = AnswerOptions.newBuilder();
    readLength(request, options);
    readSampling(request, options);
    readStop(request.get("stop"), options);
    readConstraint(request, options);
    Field n = request.get("n");
    return new CompletionParams(
        options.build(),
        n.isAbsent() ? 1 : n.integer(1, MAX_N),
        topLogprobs(request),
        request.get(LENGTH).isAbsent() ? OLD_LENGTH : LENGTH);
  }

  /** What clients send although it is off is no reason to refuse. */
  private static void refuseWhatIsNot(Field request) {
    Field tools = request.get("tools");
    tools.require(tools.isAbsent() || tools.value().isEmpty(), "this model calls no tools");
    Field choice = request.get("tool_choice");
    choice.require(
        choice.isAbsent()
            || choice.value().asText().equals("none")
            || choice.value().asText().equals("auto"),
        "this model calls no tools");
    Field bias = request.get("logit_bias");
    bias.require(bias.isAbsent() || bias.value().isEmpty(), "is not supported");
    Field store = request.get("store");
    store.require(
        store.isAbsent() || !store.flag(), "completions are not stored; sessions of /api are");
    Field modalities = request.get("modalities");
    if (!modalities.isAbsent()) {
      modalities
          .items(1, 1)
          .forEach(item -> item.require(item.text().equals("text"), "only text is answered"));
    }
  }

  private static void readLength(Field request, AnswerOptions.Builder options) {
    for (Field length : List.of(request.get(OLD_LENGTH), request.get(LENGTH))) {
      if (!length.isAbsent()) {
        options.setMaxNewTokens(length.integer(1, Integer.MAX_VALUE));
      }
    }
  }

  private static void readSampling(Field request, AnswerOptions.Builder options) {
    Field temperature = request.get("temperature");
    if (!temperature.isAbsent()) {
      options.setTemperature(temperature.number(0, 2));
    }
    Field topP = request.get("top_p");
    if (!topP.isAbsent()) {
      options.setTopP(topP.number(0, 1));
    }
    Field topK = request.get("top_k");
    // Other engines mean all tokens by -1 and 0.
    if (!topK.isAbsent() && topK.integer(-1, Integer.MAX_VALUE) > 0) {
      options.setTopK(topK.value().intValue());
    }
    Field minP = request.get("min_p");
    if (!minP.isAbsent()) {
      options.setMinP(minP.number(0, 1));
    }
    Field seed = request.get("seed");
    if (!seed.isAbsent()) {
      options.setSeed(seed.wide());
    }
    readPenalties(request, options);
  }

  private static void readPenalties(Field request, AnswerOptions.Builder options) {
    Field presence = request.get("presence_penalty");
    if (!presence.isAbsent()) {
      options.setPresencePenalty(presence.number(-2, 2));
    }
    Field frequency = request.get("frequency_penalty");
    if (!frequency.isAbsent()) {
      options.setFrequencyPenalty(frequency.number(-2, 2));
    }
    Field repetition = request.get("repetition_penalty");
    if (!repetition.isAbsent()) {
      options.setRepetitionPenalty(repetition.number(0.01f, 100));
    }
  }

  private static void readStop(Field stop, AnswerOptions.Builder options) {
    if (stop.isAbsent()) {
      return;
    }
    if (stop.value().isTextual()) {
      options.addStop(stopText(stop));
    } else {
      stop.items(0, MAX_STOPS).forEach(text -> options.addStop(stopText(text)));
    }
  }

  private static String stopText(Field stop) {
    int length = stop.text().length();
    stop.require(
        length >= 1 && length <= MAX_STOP,
        "%d characters, allowed are 1 to %d".formatted(length, MAX_STOP));
    return stop.text();
  }

  private static void readConstraint(Field request, AnswerOptions.Builder options) {
    Field regex = request.get("regex");
    Field format = request.get("response_format");
    if (!regex.isAbsent()) {
      format.require(format.isAbsent(), "cannot be combined with regex");
      options.setRegex(regex.text());
    }
    if (format.isAbsent()) {
      return;
    }
    Field type = format.requireObject().get("type");
    switch (type.word("text", "json_object", "json_schema")) {
      case "json_object" -> options.setJsonSchema(ANY_OBJECT);
      case "json_schema" -> {
        Field named = format.get("json_schema").requireObject();
        named.requireNoneBut(Set.of("name", "description", "schema", "strict"));
        options.setJsonSchema(named.get("schema").requireObject().value().toString());
      }
      default -> {}
    }
  }

  private static int topLogprobs(Field request) {
    Field wanted = request.get("logprobs");
    Field top = request.get("top_logprobs");
    boolean told = !wanted.isAbsent() && wanted.flag();
    top.require(told || top.isAbsent(), "needs logprobs to be true");
    if (!told) {
      return -1;
    }
    return top.isAbsent() ? 0 : top.integer(0, MAX_TOP_LOGPROBS);
  }

  /** As the language model takes them. */
  GenerationOptions generation(String adapter) {
    GenerationOptions.Builder generation =
        AnswerParams.of(options.toBuilder().setAdapter(adapter).build(), "").toBuilder().setN(n);
    if (topLogprobs >= 0) {
      generation.setTopLogprobs(topLogprobs);
    }
    return generation.build();
  }
}
