// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.proto.chat.v1.AnswerOptions;
import io.owlmesh.proto.chat.v1.Conversation;
import io.owlmesh.proto.chat.v1.Role;
import io.owlmesh.proto.chat.v1.Turn;
import java.util.ArrayList;
import java.util.List;

/** Some who ask at the same time, each something else, so that no replica is best for all. */
final class Crowd {
  private static final int TOGETHER = 6;
  private static final String TRACE = "00-" + "1".repeat(32) + "-" + "2".repeat(16) + "-00";

  private int questions;

  /** Asks, and demands that all are answered. */
  void ask(FaultyMesh mesh) {
    List<AnswerCaller> callers = new ArrayList<>();
    for (int i = 0; i < TOGETHER; i++) {
      Conversation question =
          Conversation.newBuilder()
              .setSystem("Number " + ++questions)
              .addTurns(Turn.newBuilder().setRole(Role.ROLE_HUMAN).setText("What?"))
              .setOptions(AnswerOptions.newBuilder().setMaxNewTokens(2))
              .build();
      AnswerCaller caller = AnswerCaller.open(mesh.door, 60_000, TRACE);
      caller.send(question, List.of());
      callers.add(caller);
    }
    assertThat(callers).allSatisfy(caller -> assertThat(caller.status().isOk()).isTrue());
  }
}
