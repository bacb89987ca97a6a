// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import io.owlmesh.proto.chat.v1.AnswerOptions;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import org.junit.jupiter.api.Test;

/** The options of an answer stand in two contracts; they must not drift apart. */
class AnswerOptionsContractTest {
  private static final Descriptor STAGE = GenerationOptions.getDescriptor();

  @Test
  void whatCallersMaySetTheLanguageModelTakesUnderTheSameNameAndType() {
    for (FieldDescriptor asked : AnswerOptions.getDescriptor().getFields()) {
      FieldDescriptor taken = STAGE.findFieldByName(asked.getName());
      assertThat(taken).as(asked.getName()).isNotNull();
      assertThat(taken.getType()).as(asked.getName()).isEqualTo(asked.getType());
      assertThat(taken.isRepeated()).as(asked.getName()).isEqualTo(asked.isRepeated());
    }
  }

  @Test
  void whatMadeAnAnswerIsWhatWasAskedOtherwiseThanUsual() {
    AnswerOptions asked =
        AnswerOptions.newBuilder()
            .setTemperature(0.5f)
            .setTopK(3)
            .setSeed(0)
            .setBeams(1)
            .setTopP(1)
            .setMinNewTokens(0)
            .addStop("end")
            .setRegex("a+")
            .build();

    assertThat(AnswerParams.told(AnswerParams.of(asked, "polite")))
        .isEqualTo(
            AnswerOptions.newBuilder()
                .setAdapter("polite")
                .setTemperature(0.5f)
                .setTopK(3)
                .setSeed(0)
                .addStop("end")
                .setRegex("a+")
                .build());
    assertThat(AnswerParams.told(GenerationOptions.getDefaultInstance()))
        .isEqualTo(AnswerOptions.newBuilder().setAdapter("").build());
  }

  @Test
  void aLongConstraintIsNotTold() {
    AnswerOptions asked = AnswerOptions.newBuilder().setRegex("a".repeat(1_025)).build();
    assertThat(AnswerParams.told(AnswerParams.of(asked, "")).hasRegex()).isFalse();
  }
}
