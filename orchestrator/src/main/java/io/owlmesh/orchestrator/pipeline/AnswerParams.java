// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import com.google.protobuf.Descriptors.FieldDescriptor;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.SamplingParams;
import io.owlmesh.core.identity.Role;
import io.owlmesh.proto.chat.v1.AnswerOptions;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import io.owlmesh.wire.identity.Caller;

/** What callers ask of an answer, as the language model takes it. */
public final class AnswerParams {
  private static final int MAX_PRIORITY = 100;
  private static final int MAX_TOLD = 1_024;

  /** Asked for, these change nothing. */
  private static final GenerationOptions USUAL =
      of(AnswerOptions.getDefaultInstance(), "").toBuilder()
          .setMinNewTokens(0)
          .setBeams(1)
          .setEarlyStopping(false)
          .setPriority(0)
          .build();

  private AnswerParams() {}

  /**
   * Checks what can be checked without the model: it would be late after the images' work.
   *
   * @param defaultAdapter where none is named
   * @throws OwlException BAD_INPUT naming the option and its range; FORBIDDEN for a priority above
   *     the usual one, if the current caller does not run the mesh
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
   * What differs from the defaults, as callers ask it; and the adapter, empty for none. Fields of
   * one name are the same in both. A long constraint is left out: whoever asked keeps it.
   */
  static AnswerOptions told(GenerationOptions used) {
    AnswerOptions.Builder options = AnswerOptions.newBuilder().setAdapter(used.getAdapter());
    for (FieldDescriptor asked : AnswerOptions.getDescriptor().getFields()) {
      FieldDescriptor taken = GenerationOptions.getDescriptor().findFieldByName(asked.getName());
      boolean isGiven =
          taken.isRepeated() ? used.getRepeatedFieldCount(taken) > 0 : used.hasField(taken);
      Object value = used.getField(taken);
      boolean isUsual =
          !taken.isRepeated() && USUAL.hasField(taken) && USUAL.getField(taken).equals(value);
      boolean isLong = value instanceof String text && text.length() > MAX_TOLD;
      if (isGiven && !isUsual && !isLong) {
        options.setField(asked, value);
      }
    }
    return options.build();
  }

  private static int priority(int value) {
    if (Math.abs((long) value) > MAX_PRIORITY) {
      throw OwlException.badInput(
          "options.priority",
          "%d, it must be from -%d to %d".formatted(value, MAX_PRIORITY, MAX_PRIORITY));
    }
    Caller caller = Caller.current();
    if (value > 0 && caller != null && !caller.runsMesh(Role.OPERATOR)) {
      throw new OwlException(
          Fault.FORBIDDEN, "options.priority", value + ", only an operator may go before others");
    }
    return value;
  }

  private static void requirePositive(String field, boolean present, int value) {
    if (present && value < 1) {
      throw OwlException.badInput(field, value + ", it must be at least 1");
    }
  }
}
