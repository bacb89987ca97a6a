// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.mesh.PlacedCall;
import io.owlmesh.orchestrator.mesh.StageFailure;
import io.owlmesh.orchestrator.mesh.StageKind;
import io.owlmesh.orchestrator.mesh.StageTimeouts;
import io.owlmesh.proto.llm.v1.Finished;
import io.owlmesh.proto.llm.v1.GenerateRequest;
import io.owlmesh.proto.llm.v1.GenerateResponse;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import io.owlmesh.proto.llm.v1.PromptPart;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * One try of the language model at an answer: the prompt's parts flow in as soon as they are known,
 * text flows out, no faster than the caller takes it.
 */
final class GenerationCall implements ClientResponseObserver<GenerateRequest, GenerateResponse> {
  private final PlacedCall place;
  private final AnswerProgress.Writer progress;
  private final StageTimeouts timeouts;
  private final Inactivity silence;
  private final CompletableFuture<List<Finished>> result = new CompletableFuture<>();
  private @Nullable ClientCallStreamObserver<GenerateRequest> call;
  private volatile long firstAt; // Of the first token, System.nanoTime.
  private volatile boolean began;
  private volatile boolean asked; // Whether the prompt is whole; until then the stage waits for us.

  private GenerationCall(PlacedCall place, AnswerProgress.Writer progress, StageTimeouts timeouts) {
    this.place = place;
    this.progress = progress;
    this.timeouts = timeouts;
    this.silence = new Inactivity(timeouts.nextToken(), this::late);
  }

  /**
   * Opens a call, which ends with the current gRPC context.
   *
   * @param progress hears what is written
   */
  static GenerationCall open(
      PlacedCall place, AnswerProgress.Writer progress, StageTimeouts timeouts) {
    GenerationCall generation = new GenerationCall(place, progress, timeouts);
    generation.result.whenComplete((_, _) -> generation.silence.close());
    LanguageModelGrpc.newStub(place.channel()).generate(generation);
    place.onLost(failure -> generation.giveUp(failure, "the replica is lost"));
    return generation;
  }

  /** Sends the next part of the prompt. */
  void send(PromptPart part) {
    call().onNext(GenerateRequest.newBuilder().setPart(part).build());
  }

  /**
   * Ends the prompt, and waits.
   *
   * @return the ends of the answers
   * @throws StageFailure if it failed
   */
  List<Finished> ask(GenerationOptions options) {
    place.asked(); // Before it can be answered.
    call().onNext(GenerateRequest.newBuilder().setOptions(options).build());
    call().onCompleted();
    asked = true;
    silence.await(timeouts.firstToken());
    return join(result);
  }

  /**
   * Waits for what the prompt lacks, or until the call fails before.
   *
   * @throws StageFailure of whichever failed
   */
  <T> T await(CompletableFuture<T> wanted) {
    join(CompletableFuture.anyOf(wanted, result));
    return join(wanted);
  }

  /** Whether the prompt was sent to its end. */
  boolean isAsked() {
    return asked;
  }

  /** When the first token came, {@link System#nanoTime}; 0 if none did. */
  long firstAt() {
    return firstAt;
  }

  private static <T> T join(CompletableFuture<T> future) {
    try {
      return future.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException failure ? failure : e;
    }
  }

  private void late(Duration time) {
    String what = began ? "further token" : "first token";
    giveUp(StageFailure.silent(StageKind.LLM, what, time), "no " + what);
  }

  private void giveUp(StageFailure failure, String why) {
    result.completeExceptionally(failure);
    call().cancel(why, null);
  }

  /** The stage's work on it is not wanted; nothing happens if it is over. */
  void end() {
    if (result.completeExceptionally(new CancellationException("not wanted"))) {
      call().cancel("not wanted", null);
    }
  }

  private ClientCallStreamObserver<GenerateRequest> call() {
    return Objects.requireNonNull(call);
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<GenerateRequest> requests) {
    call = requests;
    requests.disableAutoRequestWithInitial(1);
  }

  @Override
  public void onNext(GenerateResponse response) {
    silence.pause(); // While the caller takes it, the stage is not asked for more.
    if (response.hasToken() && !began) {
      firstAt = System.nanoTime();
      began = true;
      place.responded();
    }
    progress.heard(response);
    ClientCallStreamObserver<GenerateRequest> requests = call;
    if (requests != null) {
      progress.whenReady(() -> {
        if (asked) {
          silence.await(began ? timeouts.nextToken() : timeouts.firstToken());
        }
        requests.request(1);
      });
    }
  }

  @Override
  public void onError(Throwable failure) {
    Optional<List<Finished>> ends = progress.ends();
    if (ends.isPresent()) {
      result.complete(ends.get());
    } else {
      result.completeExceptionally(new StageFailure(StageKind.LLM, failure));
    }
  }

  @Override
  public void onCompleted() {
    // Only now is the answer over: whoever ends the call before would make it a cancelled one.
    onError(new OwlException(Fault.INTERNAL, "", "the answer stopped without an end"));
  }
}
