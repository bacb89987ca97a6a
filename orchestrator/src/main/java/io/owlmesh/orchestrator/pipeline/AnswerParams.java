// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.owlmesh.core.OwlException;
import io.owlmesh.core.SamplingParams;
import io.owlmesh.proto.chat.v1.AnswerOptions;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import java.util.function.Function;

/** What callers ask of an answer, as the language model takes it. */
public final class AnswerParams {
  private static final int MAX_PRIORITY = 100;
  private static final int MAX_TOLD = 1_024;

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

  /**
   * What differs from the defaults, as callers ask it; and the adapter, empty for none. A long
   * constraint is left out: whoever asked keeps it.
   */
  static AnswerOptions told(GenerationOptions used) {
    AnswerOptions.Builder options =
        AnswerOptions.newBuilder().setAdapter(used.getAdapter()).addAllStop(used.getStopList());
    setIf(used.hasMaxNewTokens(), options::setMaxNewTokens, used.getMaxNewTokens());
    setIf(used.getTemperature() != 0, options::setTemperature, used.getTemperature());
    setIf(used.hasTopK(), options::setTopK, used.getTopK());
    setIf(used.hasTopP() && used.getTopP() != 1, options::setTopP, used.getTopP());
    setIf(used.hasSeed(), options::setSeed, used.getSeed());
    setIf(used.getMinP() != 0, options::setMinP, used.getMinP());
    setIf(
        used.hasRepetitionPenalty() && used.getRepetitionPenalty() != 1,
        options::setRepetitionPenalty,
        used.getRepetitionPenalty());
    setIf(used.getPresencePenalty() != 0, options::setPresencePenalty, used.getPresencePenalty());
    setIf(
        used.getFrequencyPenalty() != 0, options::setFrequencyPenalty, used.getFrequencyPenalty());
    setIf(used.getNoRepeatNgram() != 0, options::setNoRepeatNgram, used.getNoRepeatNgram());
    setIf(used.getMinNewTokens() != 0, options::setMinNewTokens, used.getMinNewTokens());
    setIf(used.getBeams() > 1, options::setBeams, used.getBeams());
    setIf(used.hasLengthPenalty(), options::setLengthPenalty, used.getLengthPenalty());
    setIf(used.getEarlyStopping(), options::setEarlyStopping, used.getEarlyStopping());
    setIf(used.getPriority() != 0, options::setPriority, used.getPriority());
    setIf(isShort(used.getRegex()), options::setRegex, used.getRegex());
    setIf(isShort(used.getJsonSchema()), options::setJsonSchema, used.getJsonSchema());
    return options.build();
  }

  private static boolean isShort(String constraint) {
    return !constraint.isEmpty() && constraint.length() <= MAX_TOLD;
  }

  private static <T> void setIf(boolean given, Function<T, AnswerOptions.Builder> field, T value) {
    if (given) {
      var _ = field.apply(value);
    }
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
