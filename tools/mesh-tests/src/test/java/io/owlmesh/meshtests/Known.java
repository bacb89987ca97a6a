// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.proto.chat.v1.Feedback;
import io.owlmesh.proto.chat.v1.GetSessionResponse;
import io.owlmesh.proto.chat.v1.Message;
import io.owlmesh.proto.chat.v1.MessageState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the only client of a session knows of it. */
final class Known {
  final String id;
  final Perhaps<String> title;
  final List<Asked> turns = new ArrayList<>();
  final Map<String, Perhaps<Feedback>> ratings = new LinkedHashMap<>();

  /** Whether its deletion was asked for, and acknowledged. */
  boolean deleting;

  boolean gone;

  Known(String id, String title) {
    this.id = id;
    this.title = new Perhaps<>(title);
  }

  Perhaps<Feedback> rating(String message) {
    return ratings.computeIfAbsent(message, _ -> new Perhaps<>(Feedback.getDefaultInstance()));
  }

  /** That everything acknowledged is there, and nothing else. */
  void check(GetSessionResponse kept) {
    deleting = false;
    title.settle(kept.getSession().getTitle());
    Map<String, Message> byId = new HashMap<>();
    kept.getMessagesList().forEach(message -> byId.put(message.getId(), message));
    assertThat(byId.values())
        .extracting(Message::getState)
        .doesNotContain(MessageState.MESSAGE_STATE_ANSWERING);
    turns.forEach(turn -> turn.check(byId));
    ratings.forEach((id, rating) ->
        rating.settle(byId.getOrDefault(id, Message.getDefaultInstance()).getFeedback()));
    // A turn is kept whole or not at all.
    long accepted = turns.stream().filter(Asked::isAccepted).count();
    assertThat(kept.getMessagesCount() % 2).isZero();
    assertThat(kept.getMessagesCount() / 2L).isBetween(accepted, (long) turns.size());
  }
}
