// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.eval;

import com.google.protobuf.ByteString;
import io.owlmesh.client.Address;
import io.owlmesh.client.AnswerFailed;
import io.owlmesh.client.ChatClient;
import io.owlmesh.client.Trace;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.text.ChatTemplate.Role;
import io.owlmesh.model.text.ChatTemplate.Turn;
import io.owlmesh.proto.chat.v1.AnswerResponse;
import io.owlmesh.proto.chat.v1.Conversation;
import io.owlmesh.proto.chat.v1.ImageHeader;
import io.owlmesh.proto.chat.v1.Weights;
import io.owlmesh.trainer.data.TrainingSample;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** A running mesh, asked at its front door. */
public final class MeshAnswerer implements Answerer {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final ChatClient mesh;
  private final Optional<String> adapter;
  private final int maxNewTokens;
  private final String model;
  private final Weights weights;

  /**
   * Connects when first asked.
   *
   * @param address of the orchestrator
   * @param adapter that requests name; without one, the mesh's default
   */
  public MeshAnswerer(Address address, Optional<String> adapter, int maxNewTokens) {
    this(address, adapter, maxNewTokens, "", Weights.WEIGHTS_UNSPECIFIED);
  }

  /**
   * As above, for one of several models, and weights of it where others are tried.
   *
   * @param model empty for the one of requests that name none
   */
  public MeshAnswerer(
      Address address, Optional<String> adapter, int maxNewTokens, String model, Weights weights) {
    this.mesh = new ChatClient(address);
    this.adapter = adapter;
    this.maxNewTokens = maxNewTokens;
    this.model = model;
    this.weights = weights;
  }

  @Override
  public String answer(EvalQuestion question) throws IOException {
    List<ByteString> images = new ArrayList<>();
    for (TrainingSample.Image image : question.images()) {
      images.add(ByteString.copyFrom(image.read()));
    }
    StringBuilder answer = new StringBuilder();
    Consumer<AnswerResponse> onEvent = event -> answer.append(event.getText().getText());
    try {
      mesh.answer(conversation(question, images), images, LIMIT, Trace.begin(), onEvent).await();
      return answer.toString();
    } catch (AnswerFailed e) {
      throw failed(question, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed(question, e);
    }
  }

  private static OwlException failed(EvalQuestion question, Exception cause) {
    return new OwlException(
        Fault.UNAVAILABLE,
        "address",
        "question %s: %s".formatted(question.id(), cause.getMessage()),
        cause);
  }

  private Conversation conversation(EvalQuestion question, List<ByteString> images) {
    Conversation.Builder conversation = Conversation.newBuilder();
    int image = 0;
    for (Turn turn : question.turns()) {
      var added =
          conversation
              .addTurnsBuilder()
              .setRole(
                  turn.role() == Role.HUMAN
                      ? io.owlmesh.proto.chat.v1.Role.ROLE_HUMAN
                      : io.owlmesh.proto.chat.v1.Role.ROLE_AI)
              .setText(turn.text());
      for (int i = 0; i < turn.images(); i++) {
        added.addImages(ImageHeader.newBuilder().setSizeBytes(images.get(image++).size()));
      }
    }
    conversation.getOptionsBuilder().setMaxNewTokens(maxNewTokens).setTemperature(0);
    conversation.setModel(model).setWeights(weights);
    adapter.ifPresent(conversation.getOptionsBuilder()::setAdapter);
    return conversation.build();
  }

  @Override
  public void close() {
    mesh.close();
  }
}
