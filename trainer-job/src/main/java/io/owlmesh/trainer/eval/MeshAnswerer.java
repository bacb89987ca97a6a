// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.eval;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.text.ChatTemplate.Role;
import io.owlmesh.model.text.ChatTemplate.Turn;
import io.owlmesh.proto.chat.v1.AnswerRequest;
import io.owlmesh.proto.chat.v1.AnswerResponse;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.proto.chat.v1.Conversation;
import io.owlmesh.proto.chat.v1.ImageChunk;
import io.owlmesh.proto.chat.v1.ImageHeader;
import io.owlmesh.trainer.data.TrainingSample;
import io.owlmesh.wire.Wire;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A running mesh, asked at its front door. */
public final class MeshAnswerer implements Answerer {
  private static final int CHUNK = 1 << 20;
  private static final long LIMIT_SECONDS = 120;

  private final ManagedChannel channel;
  private final Optional<String> adapter;
  private final int maxNewTokens;

  /**
   * Connects when first asked.
   *
   * @param address host:port of the orchestrator
   * @param adapter that requests name; without one, the mesh's default
   */
  public MeshAnswerer(String address, Optional<String> adapter, int maxNewTokens) {
    this.channel = Wire.tune(NettyChannelBuilder.forTarget(address)).build();
    this.adapter = adapter;
    this.maxNewTokens = maxNewTokens;
  }

  @Override
  public String answer(EvalQuestion question) throws IOException {
    List<ByteString> images = new ArrayList<>();
    for (TrainingSample.Image image : question.images()) {
      images.add(ByteString.copyFrom(image.read()));
    }
    Call call = new Call(new Request(conversation(question, images), images));
    ChatGrpc.newStub(channel).withDeadlineAfter(LIMIT_SECONDS, TimeUnit.SECONDS).answer(call);
    try {
      return call.text.join();
    } catch (CompletionException e) {
      Status status = Status.fromThrowable(e);
      throw new OwlException(
          Fault.UNAVAILABLE,
          "address",
          "question %s: %s %s".formatted(question.id(), status.getCode(), status.getDescription()),
          e);
    }
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
    adapter.ifPresent(conversation.getOptionsBuilder()::setAdapter);
    return conversation.build();
  }

  /** What is sent. */
  private record Request(Conversation conversation, List<ByteString> images) {}

  /** One call: sends as fast as the other side takes it. */
  private static final class Call implements ClientResponseObserver<AnswerRequest, AnswerResponse> {
    private final List<AnswerRequest> left = new ArrayList<>();
    private final StringBuilder answer = new StringBuilder();
    private final CompletableFuture<String> text = new CompletableFuture<>();
    private int sent;

    Call(Request request) {
      left.add(AnswerRequest.newBuilder().setConversation(request.conversation()).build());
      for (int i = 0; i < request.images().size(); i++) {
        ByteString image = request.images().get(i);
        for (int from = 0; from < image.size(); from += CHUNK) {
          ByteString piece = image.substring(from, Math.min(from + CHUNK, image.size()));
          left.add(
              AnswerRequest.newBuilder()
                  .setImage(ImageChunk.newBuilder().setIndex(i).setData(piece))
                  .build());
        }
      }
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<AnswerRequest> call) {
      call.setOnReadyHandler(() -> send(call));
    }

    private void send(ClientCallStreamObserver<AnswerRequest> call) {
      while (call.isReady() && sent < left.size()) {
        call.onNext(left.get(sent++));
        if (sent == left.size()) {
          call.onCompleted();
        }
      }
    }

    @Override
    public void onNext(AnswerResponse event) {
      if (event.hasText()) {
        answer.append(event.getText().getText());
      }
    }

    @Override
    public void onError(@Nullable Throwable failure) {
      text.completeExceptionally(failure == null ? new IllegalStateException() : failure);
    }

    @Override
    public void onCompleted() {
      text.complete(answer.toString());
    }
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
