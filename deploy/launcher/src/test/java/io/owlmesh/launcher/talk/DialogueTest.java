// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher.talk;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.owlmesh.launcher.talk.Dialogue.Question;
import io.owlmesh.proto.chat.v1.AnswerOptions;
import io.owlmesh.proto.chat.v1.Conversation;
import io.owlmesh.proto.chat.v1.Role;
import io.owlmesh.proto.chat.v1.Turn;
import java.util.List;
import org.junit.jupiter.api.Test;

class DialogueTest {
  private static final ByteString CAT = ByteString.copyFromUtf8("cat!");
  private static final ByteString DOG = ByteString.copyFromUtf8("dog");
  private static final Question FIRST = new Question("What is it?", List.of(CAT));
  private static final Question SECOND = new Question("And this?", List.of(DOG));

  @Test
  void aRequestCarriesAllTurnsAndAllImagesInOrder() {
    Dialogue dialogue = Dialogue.EMPTY.with(FIRST, "A cat.");

    Conversation conversation = dialogue.asking(SECOND, AnswerOptions.getDefaultInstance());

    assertThat(conversation.getTurnsList().stream().map(Turn::getRole))
        .containsExactly(Role.ROLE_HUMAN, Role.ROLE_AI, Role.ROLE_HUMAN);
    assertThat(conversation.getTurnsList().stream().map(Turn::getText))
        .containsExactly("What is it?", "A cat.", "And this?");
    assertThat(conversation.getTurns(0).getImages(0).getSizeBytes()).isEqualTo(4);
    assertThat(dialogue.images(SECOND)).containsExactly(CAT, DOG);
  }

  @Test
  void undoForgetsTheLastExchangeOnly() {
    Dialogue dialogue = Dialogue.EMPTY.with(FIRST, "A cat.").with(SECOND, "A dog.");

    assertThat(dialogue.undone()).isEqualTo(Dialogue.EMPTY.with(FIRST, "A cat."));
    assertThat(Dialogue.EMPTY.undone()).isEqualTo(Dialogue.EMPTY);
  }

  @Test
  void withoutASystemSentenceTheMeshChoosesOne() {
    AnswerOptions options = AnswerOptions.getDefaultInstance();

    assertThat(Dialogue.EMPTY.asking(FIRST, options).hasSystem()).isFalse();
    assertThat(Dialogue.EMPTY.withSystem("Be brief.").asking(FIRST, options).getSystem())
        .isEqualTo("Be brief.");
  }
}
