// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher.talk;

import com.google.protobuf.ByteString;
import io.owlmesh.proto.chat.v1.AnswerOptions;
import io.owlmesh.proto.chat.v1.Conversation;
import io.owlmesh.proto.chat.v1.ImageHeader;
import io.owlmesh.proto.chat.v1.Role;
import io.owlmesh.proto.chat.v1.Turn;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What was said so far. The mesh keeps nothing between calls: each request carries the whole of it,
 * images included.
 *
 * @param system sets the scene; empty leaves it to the mesh
 * @param exchanges oldest first
 */
public record Dialogue(String system, List<Exchange> exchanges) {
  public static final Dialogue EMPTY = new Dialogue("", List.of());

  public Dialogue {
    exchanges = List.copyOf(exchanges);
  }

  /** A human turn. */
  public record Question(String text, List<ByteString> images) {
    public Question {
      images = List.copyOf(images);
    }

    Turn toTurn() {
      Turn.Builder turn = Turn.newBuilder().setRole(Role.ROLE_HUMAN).setText(text);
      images.forEach(image -> turn.addImages(ImageHeader.newBuilder().setSizeBytes(image.size())));
      return turn.build();
    }
  }

  /** A question and its answer. */
  public record Exchange(Question question, String answer) {}

  public Dialogue withSystem(String sentence) {
    return new Dialogue(sentence, exchanges);
  }

  public Dialogue with(Question question, String answer) {
    List<Exchange> longer = new ArrayList<>(exchanges);
    longer.add(new Exchange(question, answer));
    return new Dialogue(system, longer);
  }

  /** Without the last question and its answer. */
  public Dialogue undone() {
    return new Dialogue(system, exchanges.subList(0, Math.max(0, exchanges.size() - 1)));
  }

  /** The request that asks {@code next}. */
  public Conversation asking(Question next, AnswerOptions options) {
    Conversation.Builder conversation = Conversation.newBuilder().setOptions(options);
    if (!system.isEmpty()) {
      conversation.setSystem(system);
    }
    for (Exchange exchange : exchanges) {
      conversation.addTurns(exchange.question().toTurn());
      conversation.addTurns(Turn.newBuilder().setRole(Role.ROLE_AI).setText(exchange.answer()));
    }
    return conversation.addTurns(next.toTurn()).build();
  }

  /** The images of all turns, in the order that {@link #asking} announces them. */
  public List<ByteString> images(Question next) {
    return Stream.concat(exchanges.stream().map(Exchange::question), Stream.of(next))
        .flatMap(question -> question.images().stream())
        .toList();
  }
}
