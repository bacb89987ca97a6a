// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.owlmesh.core.OwlException;
import io.owlmesh.core.SamplingParams;
import io.owlmesh.proto.chat.v1.AnswerOptions;
import io.owlmesh.proto.llm.v1.GenerationOptions;

/** What callers ask of an answer, as the language model takes it. */
public final class AnswerParams {
  private static final int MAX_PRIORITY = 100;

  private AnswerParams() {}

  /**
   * Checks what can be checked without the model: it would be late after the images' work.
   *
   * @param defaultAdapter where none is named
   * @throws OwlException BAD_INPUT naming the option and its range
   */
  public static GenerationOptions of(AnswerOptions asked, String defaultAdapter) {
    requirePositive("options.max_new_tokens", asked.hasMaxNewTokens(), asked.getMaxNewTokens());
    requirePositive("options.top_k", asked.hasTopK(), asked.getTopK());
    SamplingParams checked =
        new SamplingParams(
            asked.getTemperature(),
            0,
            asked.hasTopP() ? asked.getTopP() : 1,
            asked.getMinP(),
            asked.hasRepetitionPenalty() ? asked.getRepetitionPenalty() : 1,
            asked.getPresencePenalty(),
            asked.getFrequencyPenalty(),
            asked.getNoRepeatNgram(),
            0);
    GenerationOptions.Builder options =
        GenerationOptions.newBuilder()
            .setAdapter(asked.hasAdapter() ? asked.getAdapter() : defaultAdapter)
            .setTemperature((float) checked.temperature())
            .setTopP((float) checked.topP())
            .setMinP((float) checked.minP())
            .setRepetitionPenalty((float) checked.repetition())
            .setPresencePenalty((float) checked.presence())
            .setFrequencyPenalty((float) checked.frequency())
            .setNoRepeatNgram(checked.noRepeat())
            .addAllStop(asked.getStopList());
    if (asked.hasMaxNewTokens()) {
      options.setMaxNewTokens(asked.getMaxNewTokens());
    }
    if (asked.hasTopK()) {
      options.setTopK(asked.getTopK());
    }
    if (asked.hasSeed()) {
      options.setSeed(asked.getSeed());
    }
    if (asked.hasMinNewTokens()) {
      options.setMinNewTokens(asked.getMinNewTokens());
    }
    if (asked.hasPriority()) {
      options.setPriority(priority(asked.getPriority()));
    }
    if (asked.hasBeams()) {
      options.setBeams(asked.getBeams());
    }
    if (asked.hasLengthPenalty()) {
      options.setLengthPenalty(asked.getLengthPenalty());
    }
    if (asked.hasEarlyStopping()) {
      options.setEarlyStopping(asked.getEarlyStopping());
    }
    switch (asked.getConstraintCase()) {
      case REGEX -> options.setRegex(asked.getRegex());
      case JSON_SCHEMA -> options.setJsonSchema(asked.getJsonSchema());
      case CONSTRAINT_NOT_SET -> {}
    }
    return options.build();
  }

  private static int priority(int value) {
    if (Math.abs((long) value) > MAX_PRIORITY) {
      throw OwlException.badInput(
          "options.priority",
          "%d, it must be from -%d to %d".formatted(value, MAX_PRIORITY, MAX_PRIORITY));
    }
    return value;
  }

  private static void requirePositive(String field, boolean present, int value) {
    if (present && value < 1) {
      throw OwlException.badInput(field, value + ", it must be at least 1");
    }
  }
}
