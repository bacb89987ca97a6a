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
}
