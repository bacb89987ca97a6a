// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.abstractor.v1.ResampleRequest;
import io.owlmesh.proto.abstractor.v1.ResampleResponse;
import io.owlmesh.proto.abstractor.v1.VisualAbstractorGrpc.VisualAbstractorStub;
import io.owlmesh.wire.Faults;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The client's end of one stream; reads on its own, or only when asked. */
public final class TestConversation
    implements ClientResponseObserver<ResampleRequest, ResampleResponse> {
  private static final int SECONDS = 10;

  private final boolean slow;
  private final BlockingQueue<ResampleResponse> answers = new LinkedBlockingQueue<>();
  private final CompletableFuture<@Nullable Void> end = new CompletableFuture<>();
  private @Nullable ClientCallStreamObserver<ResampleRequest> requests;

  private TestConversation(boolean slow) {
    this.slow = slow;
  }

  public static TestConversation with(VisualAbstractorStub stub) {
    TestConversation conversation = new TestConversation(false);
    stub.resample(conversation);
    return conversation;
  }

  /** With a client that takes an answer only for each {@link #request}. */
  public static TestConversation slowly(VisualAbstractorStub stub) {
    TestConversation conversation = new TestConversation(true);
    stub.resample(conversation);
    return conversation;
  }

  public TestConversation send(ResampleRequest request) {
    requests().onNext(request);
    return this;
  }

  public TestConversation send(String id) {
    return send(ResampleRequest.newBuilder().setId(id).build());
  }

  public TestConversation complete() {
    requests().onCompleted();
    return this;
  }

  public void cancel() {
    requests().cancel("no longer wanted", null);
  }

  public void request(int count) {
    requests().request(count);
  }

  /** The next answer, which must come. */
  public ResampleResponse next() {
    try {
      ResampleResponse answer = answers.poll(SECONDS, TimeUnit.SECONDS);
      return Objects.requireNonNull(answer, "no answer; the end: " + end);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  public int unread() {
    return answers.size();
  }

  public boolean ended() {
    return end.isDone();
  }

  /** Waits for the end, which must be a good one. */
  public void awaitEnd() {
    assertThat(failure()).isNull();
  }

  /** Waits for the end, which must be a fault. */
  public OwlException fault() {
    Throwable failure = failure();
    return Faults.fromStatus(Objects.requireNonNull(failure, "the stream ended well"));
  }

  public @Nullable Throwable failure() {
    try {
      end.get(SECONDS, TimeUnit.SECONDS);
      return null;
    } catch (ExecutionException e) {
      return e.getCause();
    } catch (InterruptedException | TimeoutException e) {
      throw new IllegalStateException("the stream did not end", e);
    }
  }

  private ClientCallStreamObserver<ResampleRequest> requests() {
    return Objects.requireNonNull(requests, "not started");
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<ResampleRequest> stream) {
    requests = stream;
    if (slow) {
      stream.disableAutoRequestWithInitial(0);
    }
  }

  @Override
  public void onNext(ResampleResponse answer) {
    answers.add(answer);
  }

  @Override
  public void onError(Throwable failure) {
    end.completeExceptionally(failure);
  }

  @Override
  public void onCompleted() {
    end.complete(null);
  }
}
