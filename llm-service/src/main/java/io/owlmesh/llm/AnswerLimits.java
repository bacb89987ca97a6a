// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm;

import io.owlmesh.llm.constraint.Constraints;
import io.owlmesh.model.OwlConfig;
import io.owlmesh.model.OwlException;
import io.owlmesh.model.language.LogitRule;
import io.owlmesh.model.language.Sampling;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The options of a request, checked.
 *
 * @param maxTokens to generate, before the context has its say
 * @param rule that the answer keeps
 * @param adapter name; empty for none
 * @param stop ends the answer
 * @param topLogprobs likeliest tokens to tell with each; -1 for no probabilities at all
 */
record AnswerLimits(
    int maxTokens,
    Sampling sampling,
    LogitRule rule,
    String adapter,
    StopText stop,
    int topLogprobs,
    int priority) {
  private static final int MAX_TOP_LOGPROBS = 20;

  /** Checks options and fills in what they leave open. */
  static AnswerLimits of(
      GenerationOptions options, OwlConfig config, int defaultTokens, Constraints constraints) {
    int context = config.language().context();
    int tokens = options.hasMaxNewTokens() ? options.getMaxNewTokens() : defaultTokens;
    if (options.hasMaxNewTokens() && (tokens < 1 || tokens > context)) {
      throw OwlException.badInput("max_new_tokens", tokens + ", allowed is 1 to " + context);
    }
    int vocabulary = config.language().vocabulary();
    int topK = options.hasTopK() ? options.getTopK() : 0;
    if (options.hasTopK() && (topK < 1 || topK > vocabulary)) {
      throw OwlException.badInput("top_k", topK + ", allowed is 1 to " + vocabulary);
    }
    Sampling sampling =
        new Sampling(
            options.getTemperature(),
            topK,
            options.hasTopP() ? options.getTopP() : 1,
            options.getMinP(),
            options.hasRepetitionPenalty() ? options.getRepetitionPenalty() : 1,
            options.getPresencePenalty(),
            options.getFrequencyPenalty(),
            options.getNoRepeatNgram(),
            options.hasSeed() ? options.getSeed() : ThreadLocalRandom.current().nextLong());
    int top = options.hasTopLogprobs() ? options.getTopLogprobs() : -1;
    if (options.hasTopLogprobs() && (top < 0 || top > MAX_TOP_LOGPROBS)) {
      throw OwlException.badInput("top_logprobs", top + ", allowed is 0 to " + MAX_TOP_LOGPROBS);
    }
    StopText stop = new StopText(options.getStopList());
    LogitRule rule =
        switch (options.getConstraintCase()) {
          case REGEX -> constraints.regex(options.getRegex());
          case JSON_SCHEMA -> constraints.jsonSchema(options.getJsonSchema());
          case CONSTRAINT_NOT_SET -> LogitRule.NONE;
        };
    return new AnswerLimits(
        tokens, sampling, rule, options.getAdapter(), stop, top, options.getPriority());
  }
}
