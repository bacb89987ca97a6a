// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.grpc;

import com.google.protobuf.ByteString;
import io.owlmesh.core.ErrorCode;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.text.ChatTemplate;
import io.owlmesh.model.text.ChatTemplate.Role;
import io.owlmesh.model.text.ChatTemplate.Turn;
import io.owlmesh.model.text.Prompt;
import io.owlmesh.orchestrator.OrchestratorConfig;
import io.owlmesh.orchestrator.pipeline.AnswerParams;
import io.owlmesh.orchestrator.pipeline.ChatRequest;
import io.owlmesh.orchestrator.pipeline.ImageContent;
import io.owlmesh.orchestrator.pipeline.MeshModel;
import io.owlmesh.proto.chat.v1.Conversation;
import io.owlmesh.proto.chat.v1.ImageChunk;
import io.owlmesh.proto.chat.v1.ImageHeader;
import io.owlmesh.proto.chat.v1.Weights;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import io.owlmesh.wire.identity.Caller;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * A conversation whose images are still arriving. Everything that it announces is checked before
 * the first byte of an image is kept.
 */
final class ConversationUpload {
  private static final int MAX_TURNS = 256;
  private static final int MAX_CHUNK = 1 << 20;

  private final Prompt prompt;
  private final GenerationOptions options;
  private final Weights weights;
  private final List<Long> sizes = new ArrayList<>();
  private final List<ImageContent> complete = new ArrayList<>();
  private ByteString current = ByteString.EMPTY;

  /**
   * Checks a conversation.
   *
   * @param models gives the model by its name, once the rest is right
   * @throws OwlException BAD_INPUT naming the field and the limit
   */
  ConversationUpload(
      Conversation conversation, OrchestratorConfig limits, Function<String, MeshModel> models) {
    int turns = conversation.getTurnsCount();
    if (turns < 1 || turns > MAX_TURNS) {
      throw OwlException.badInput("turns", turns + ", allowed are 1 to " + MAX_TURNS);
    }
    for (int i = 0; i < turns; i++) {
      addSizes(i, conversation.getTurns(i).getImagesList(), limits);
    }
    List<Turn> dialogue = turns(conversation);
    MeshModel model = models.apply(conversation.getModel());
    ChatTemplate template = model.template();
    this.prompt =
        template.prompt(
            conversation.hasSystem() ? conversation.getSystem() : template.system(), dialogue);
    this.options = AnswerParams.of(conversation.getOptions(), model.defaultAdapter());
    this.weights = conversation.getWeights();
    requireOperator(weights);
  }

  private static void requireOperator(Weights weights) {
    Caller caller = Caller.current();
    if (weights == Weights.UNRECOGNIZED) {
      throw OwlException.badInput("weights", "is none of the known ones");
    }
    if (weights != Weights.WEIGHTS_UNSPECIFIED
        && caller != null
        && !caller.runsMesh(io.owlmesh.core.identity.Role.OPERATOR)) {
      throw new OwlException(ErrorCode.INSUFFICIENT_PERMISSIONS, "weights", "is for operators");
    }
  }

  private void addSizes(int turn, List<ImageHeader> images, OrchestratorConfig limits) {
    for (int i = 0; i < images.size(); i++) {
      String field = "turns[%d].images[%d].size_bytes".formatted(turn, i);
      long size = images.get(i).getSizeBytes();
      if (size < 1 || size > limits.maxImageBytes()) {
        throw new OwlException(
            size < 1 ? ErrorCode.INVALID_VALUE : ErrorCode.IMAGE_TOO_LARGE,
            field,
            size + ", allowed is 1 to " + limits.maxImageBytes());
      }
      sizes.add(size);
      if (sizes.size() > limits.maxImages()) {
        throw new OwlException(
            ErrorCode.TOO_MANY_IMAGES,
            "turns[" + turn + "].images",
            "more than " + limits.maxImages() + " in all");
      }
      if (totalBytes() > limits.maxRequestBytes()) {
        throw new OwlException(
            ErrorCode.IMAGE_TOO_LARGE,
            field,
            totalBytes()
                + " bytes with the images before, allowed are "
                + limits.maxRequestBytes());
      }
    }
  }

  private static List<Turn> turns(Conversation conversation) {
    List<Turn> turns = new ArrayList<>();
    for (var turn : conversation.getTurnsList()) {
      Role role =
          switch (turn.getRole()) {
            case ROLE_HUMAN -> Role.HUMAN;
            case ROLE_AI -> Role.AI;
            case ROLE_UNSPECIFIED, UNRECOGNIZED ->
                throw OwlException.badInput(
                    "turns[" + turns.size() + "].role", "is neither human nor AI");
          };
      turns.add(new Turn(role, turn.getText(), turn.getImagesCount()));
    }
    return turns;
  }

  /** Takes the next piece of an image. */
  void add(ImageChunk chunk) {
    int index = complete.size();
    int size = chunk.getData().size();
    if (isComplete()) {
      throw OwlException.badInput("image", "all " + index + " images are there already");
    }
    if (chunk.getIndex() != index) {
      throw OwlException.badInput(
          "image.index", chunk.getIndex() + ", but image " + index + " is not complete");
    }
    if (size < 1 || size > MAX_CHUNK) {
      throw OwlException.badInput("image.data", size + " bytes, allowed are 1 to " + MAX_CHUNK);
    }
    long announced = sizes.get(index);
    if (current.size() + (long) size > announced) {
      throw OwlException.badInput(
          "image.data", "more than the " + announced + " bytes announced for image " + index);
    }
    current = current.concat(chunk.getData());
    if (current.size() == announced) {
      complete.add(ImageContent.of(current));
      current = ByteString.EMPTY;
    }
  }

  /** Bytes of all images that were announced. */
  long totalBytes() {
    return sizes.stream().mapToLong(Long::longValue).sum();
  }

  boolean isComplete() {
    return complete.size() == sizes.size();
  }

  /** Says what is missing. */
  OwlException incomplete() {
    int index = complete.size();
    return OwlException.badInput(
        "image.data",
        "%d of %d bytes of image %d arrived".formatted(current.size(), sizes.get(index), index));
  }

  /** The whole; to be called once complete. */
  ChatRequest question() {
    return new ChatRequest(prompt, complete, options, weights);
  }
}
