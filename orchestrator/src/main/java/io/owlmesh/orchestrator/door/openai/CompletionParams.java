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
  static final Set<String> READ =
      Set.of(
          "max_tokens",
          "max_completion_tokens",
          "min_tokens",
          "temperature",
          "top_p",
          "top_k",
          "min_p",
          "n",
          "best_of",
          "use_beam_search",
          "length_penalty",
          "early_stopping",
          "stop",
          "seed",
          "presence_penalty",
          "frequency_penalty",
          "repetition_penalty",
          "logprobs",
          "top_logprobs",
          "regex",
          "response_format",
          "guided_regex",
          "guided_json",
          "guided_choice",
          "structured_outputs",
          "tools",
          "tool_choice",
          "modalities");

  private static final int MAX_N = 128;
  private static final int MAX_STOPS = 16;
  private static final int MAX_STOP = 256;
  private static final String LENGTH = "max_completion_tokens";
  private static final String OLD_LENGTH = "max_tokens";
  private static final int MAX_TOP_LOGPROBS = 20;

  static CompletionParams of(Field request) {
    refuseWhatIsNot(request);
    AnswerOptions.Builder options = AnswerOptions.newBuilder();
    readLength(request, options);
    readSampling(request, options);
    readStop(request.get("stop"), options);
    StructuredOutputs.read(request, options);
    Field n = request.get("n");
    int answers = n.isAbsent() ? 1 : n.integer(1, MAX_N);
    readBeams(request, answers, options);
    return new CompletionParams(
        options.build(),
        answers,
        topLogprobs(request),
        request.get(LENGTH).isAbsent() ? OLD_LENGTH : LENGTH);
  }

  /** Tools that must not be called are no reason to refuse, nor is text alone. */
  private static void refuseWhatIsNot(Field request) {
    Field tools = request.get("tools");
    Field choice = request.get("tool_choice");
    choice.require(
        choice.isAbsent() || choice.is("none") || choice.is("auto"), "this model calls no tools");
    tools.require(
        tools.isAbsent()
            || choice.is("none")
            || (tools.value().isArray() && tools.value().isEmpty()),
        "this model calls no tools");
    Field modalities = request.get("modalities");
    if (!modalities.isAbsent()) {
      modalities
          .items(1, 1)
          .forEach(item -> item.require(item.text().equals("text"), "only text is answered"));
    }
  }

  private static void readLength(Field request, AnswerOptions.Builder options) {
    for (Field length : List.of(request.get(OLD_LENGTH), request.get(LENGTH))) {
      // Others mean no limit by -1.
      if (!length.isAbsent() && !length.is(-1)) {
        options.setMaxNewTokens(length.integer(1, Integer.MAX_VALUE));
      }
    }
    Field least = request.get("min_tokens");
    if (!least.isAbsent() && !least.is(0)) {
      options.setMinNewTokens(least.integer(0, Integer.MAX_VALUE));
    }
  }

  /** A search is as wide as there are answers, or answers that these are the best of. */
  private static void readBeams(Field request, int answers, AnswerOptions.Builder options) {
    Field search = request.get("use_beam_search");
    Field width = request.get("best_of");
    boolean searches = !search.isAbsent() && search.flag();
    int best = width.isAbsent() ? answers : width.integer(1, MAX_N);
    width.require(
        width.isAbsent() || searches || best == 1 || best == answers,
        "is supported with use_beam_search alone");
    if (searches) {
      options.setBeams(best);
    }
    Field penalty = request.get("length_penalty");
    if (!penalty.isAbsent()) {
      options.setLengthPenalty(penalty.number(-10, 10));
    }
    Field early = request.get("early_stopping");
    if (!early.isAbsent() && early.flag()) {
      options.setEarlyStopping(true);
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
    List<Field> texts = stop.value().isTextual() ? List.of(stop) : stop.items(0, MAX_STOPS);
    // Nothing ends no answer.
    texts.stream()
        .filter(text -> !text.is(""))
        .map(CompletionParams::stopText)
        .forEach(options::addStop);
  }

  private static String stopText(Field stop) {
    int length = stop.text().length();
    stop.require(
        length >= 1 && length <= MAX_STOP,
        "%d characters, allowed are 1 to %d".formatted(length, MAX_STOP));
    return stop.text();
  }

  private static int topLogprobs(Field request) {
    Field wanted = request.get("logprobs");
    Field top = request.get("top_logprobs");
    boolean told = !wanted.isAbsent() && wanted.flag();
    top.require(told || top.isAbsent() || top.is(0), "needs logprobs to be true");
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
