// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import com.google.protobuf.ByteString;
import io.grpc.Channel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.MetadataUtils;
import io.owlmesh.proto.chat.v1.AnswerDone;
import io.owlmesh.proto.chat.v1.AnswerRequest;
import io.owlmesh.proto.chat.v1.AnswerResponse;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.proto.chat.v1.Conversation;
import io.owlmesh.proto.chat.v1.ImageChunk;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One Answer call at the front door, as its client sees it. */
final class AnswerCaller implements ClientResponseObserver<AnswerRequest, AnswerResponse> {
  static final int CHUNK = 1 << 20;

  private final List<AnswerResponse> events = Collections.synchronizedList(new ArrayList<>());
  private final CompletableFuture<Status> end = new CompletableFuture<>();
  private final CompletableFuture<Void> firstText = new CompletableFuture<>();
  private @Nullable ClientCallStreamObserver<AnswerRequest> requests;

  private AnswerCaller() {}

  /** Opens a call; nothing is sent yet. */
  static AnswerCaller open(Channel channel, long limitMillis, String traceparent) {
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER), traceparent);
    AnswerCaller caller = new AnswerCaller();
    ChatGrpc.newStub(channel)
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
        .withDeadlineAfter(limitMillis, TimeUnit.MILLISECONDS)
        .answer(caller);
    return caller;
  }

  /** Asks a whole question and waits for its end. */
  static AnswerCaller ask(Channel channel, Conversation conversation, List<ByteString> images) {
    AnswerCaller caller =
        open(channel, 60_000, "00-" + "1".repeat(32) + "-" + "2".repeat(16) + "-00");
    caller.send(conversation, images);
    caller.status();
    return caller;
  }

  static AnswerCaller ask(Channel channel, Dialogues.Golden golden) {
    return ask(channel, golden.conversation(), golden.images());
  }

  /** Sends everything and says that it is all. */
  void send(Conversation conversation, List<ByteString> images) {
    send(AnswerRequest.newBuilder().setConversation(conversation).build());
    for (int i = 0; i < images.size(); i++) {
      send(i, images.get(i));
    }
    halfClose();
  }

  /** Sends one image in chunks. */
  void send(int index, ByteString image) {
    for (int from = 0; from < image.size(); from += CHUNK) {
      ByteString piece = image.substring(from, Math.min(from + CHUNK, image.size()));
      send(
          AnswerRequest.newBuilder()
              .setImage(ImageChunk.newBuilder().setIndex(index).setData(piece))
              .build());
    }
  }

  void send(AnswerRequest request) {
    requests().onNext(request);
  }

  void halfClose() {
    requests().onCompleted();
  }

  void cancel() {
    requests().cancel("the test has enough", null);
  }

  private ClientCallStreamObserver<AnswerRequest> requests() {
    if (requests == null) {
      throw new IllegalStateException("not started");
    }
    return requests;
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<AnswerRequest> call) {
    requests = call;
  }

  @Override
  public void onNext(AnswerResponse event) {
    events.add(event);
    if (event.hasText()) {
      firstText.complete(null);
    }
  }

  @Override
  public void onError(Throwable failure) {
    end.complete(Status.fromThrowable(failure));
    firstText.complete(null);
  }

  @Override
  public void onCompleted() {
    end.complete(Status.OK);
    firstText.complete(null);
  }

  /** Waits for some text, or the end. */
  void awaitText() {
    firstText.orTimeout(60, TimeUnit.SECONDS).join();
  }

  /** Waits for the end. */
  Status status() {
    return end.orTimeout(60, TimeUnit.SECONDS).join();
  }

  List<AnswerResponse> events() {
    return List.copyOf(events);
  }

  String text() {
    StringBuilder text = new StringBuilder();
    events().forEach(event -> text.append(event.getText().getText()));
    return text.toString();
  }

  AnswerDone done() {
    return events().getLast().getDone();
  }
}
