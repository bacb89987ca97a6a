// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.chat;

import io.owlmesh.proto.chat.v1.GetSessionResponse;
import io.owlmesh.proto.chat.v1.Image;
import io.owlmesh.proto.chat.v1.Message;
import io.owlmesh.proto.chat.v1.Rating;
import io.owlmesh.proto.chat.v1.Role;
import java.io.PrintWriter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What was said in a session, as a person reads it. */
final class Transcript {
  private Transcript() {}

  /** The current branch, from its first message on. */
  static List<Message> branch(GetSessionResponse session) {
    Map<String, Message> byId = new HashMap<>();
    session.getMessagesList().forEach(message -> byId.put(message.getId(), message));
    Deque<Message> path = new ArrayDeque<>();
    @Nullable Message next = byId.get(session.getSession().getHead());
    while (next != null) {
      path.addFirst(next);
      next = byId.get(next.getParentId());
    }
    return List.copyOf(path);
  }

  static void print(List<Message> branch, PrintWriter out) {
    for (Message message : branch) {
      if (message.getRole() == Role.ROLE_HUMAN) {
        message.getImagesList().forEach(image -> out.printf("  [%s]%n", describe(image)));
        out.printf("> %s%n", message.getText());
      } else {
        if (!message.getText().isEmpty()) {
          out.println(message.getText());
        }
        String about = about(message);
        if (!about.isEmpty()) {
          out.printf("  (%s)%n", about);
        }
      }
    }
  }

  static String describe(Image image) {
    return "%s, %d x %d".formatted(image.getMediaType(), image.getWidth(), image.getHeight());
  }

  private static String about(Message answer) {
    List<String> parts = new ArrayList<>();
    switch (answer.getState()) {
      case MESSAGE_STATE_ANSWERING -> parts.add("is being written");
      case MESSAGE_STATE_STOPPED -> parts.add("stopped");
      case MESSAGE_STATE_INTERRUPTED -> parts.add("interrupted");
      case MESSAGE_STATE_FAILED -> parts.add("failed: " + answer.getError());
      case MESSAGE_STATE_COMPLETE, MESSAGE_STATE_UNSPECIFIED, UNRECOGNIZED -> {}
    }
    if (answer.hasFeedback()) {
      String note = answer.getFeedback().getNote();
      parts.add(
          "rated " + word(answer.getFeedback().getRating()) + (note.isEmpty() ? "" : ": " + note));
    }
    return String.join("; ", parts);
  }

  private static String word(Rating rating) {
    return rating.name().substring("RATING_".length()).toLowerCase(Locale.ROOT);
  }
}
