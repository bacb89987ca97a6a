// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.owlmesh.proto.chat.v1.AnswerRequest;
import io.owlmesh.proto.chat.v1.Conversation;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AskUploadTest {
  @Test
  void theConversationComesFirstThenEveryImageInOrderAndInPieces() {
    ByteString large = ByteString.copyFrom(new byte[AskUpload.CHUNK_BYTES * 2 + 7]);
    ByteString exact = ByteString.copyFrom(new byte[AskUpload.CHUNK_BYTES]);
    ByteString small = ByteString.copyFromUtf8("gif");

    List<AnswerRequest> steps = new ArrayList<>();
    new AskUpload(Conversation.getDefaultInstance(), List.of(large, exact, small))
        .forEachRemaining(steps::add);

    assertThat(steps.getFirst().hasConversation()).isTrue();
    assertThat(steps.stream().skip(1).map(step -> step.getImage().getIndex()))
        .containsExactly(0, 0, 0, 1, 2);
    assertThat(steps.stream().skip(1).map(step -> step.getImage().getData().size()))
        .containsExactly(AskUpload.CHUNK_BYTES, AskUpload.CHUNK_BYTES, 7, AskUpload.CHUNK_BYTES, 3);
  }

  @Test
  void aPieceIsWithinWhatTheContractAllows() {
    assertThat(AskUpload.CHUNK_BYTES).isLessThanOrEqualTo(1 << 20);
  }
}
