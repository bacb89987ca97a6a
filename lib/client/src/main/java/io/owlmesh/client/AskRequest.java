// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.client;

import com.google.protobuf.ByteString;
import io.owlmesh.proto.chat.v1.AnswerOptions;
import io.owlmesh.proto.chat.v1.Conversation;
import io.owlmesh.proto.chat.v1.ImageHeader;
import io.owlmesh.proto.chat.v1.Role;
import io.owlmesh.proto.chat.v1.Turn;
import java.util.List;

/**
 * A question that the mesh answers without keeping it.
 *
 * @param model that is to answer; empty for the one of requests that name none
 */
public record AskRequest(String text, List<ByteString> images, String model) {
  /** For that model. */
  public AskRequest(String text, List<ByteString> images) {
    this(text, images, "");
  }

  public AskRequest {
    images = List.copyOf(images);
  }

  /** The same to a model by its name. */
  public AskRequest to(String other) {
    return new AskRequest(text, images, other);
  }

  Conversation conversation(AnswerOptions options) {
    Turn.Builder turn = Turn.newBuilder().setRole(Role.ROLE_HUMAN).setText(text);
    images.forEach(image -> turn.addImages(ImageHeader.newBuilder().setSizeBytes(image.size())));
    return Conversation.newBuilder().setModel(model).addTurns(turn).setOptions(options).build();
  }
}
