// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.text.Prompt;
import io.owlmesh.orchestrator.mesh.StageChannels;
import io.owlmesh.orchestrator.mesh.StageFailure;
import io.owlmesh.orchestrator.mesh.StageKind;
import io.owlmesh.orchestrator.mesh.StageTimeouts;
import io.owlmesh.proto.llm.v1.Finished;
import io.owlmesh.proto.llm.v1.GenerateRequest;
import io.owlmesh.proto.llm.v1.GenerateResponse;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import io.owlmesh.proto.llm.v1.PromptPart;
import io.owlmesh.proto.tensor.v1.Tensor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What the language model answers to one question: the prompt's parts flow in as soon as they are
 * known, text flows out, no faster than the caller takes it.
 */
final class GenerationCall implements ClientResponseObserver<GenerateRequest, GenerateResponse> {
  private final StageTimeouts timeouts;
  private final Inactivity silence;
  private final ChatRequest question;
  private final List<Prompt.Part> parts;
  private final AnswerListener listener;
  private final Runnable onFirst;
  private final CompletableFuture<List<Finished>> result = new CompletableFuture<>();
  private @Nullable ClientCallStreamObserver<GenerateRequest> call;
  private volatile boolean began;
  private volatile boolean asked; // Whether the prompt is whole; until then the stage waits for us.
  // Of the prompt, by the one thread that sends it: parts, and images among them.
  private int sent;
  private int images;
  private final List<Finished> finished = new ArrayList<>(); // Calls come one after the other.

  private GenerationCall(
      ChatRequest question, AnswerListener listener, StageTimeouts timeouts, Runnable onFirst) {
    this.timeouts = timeouts;
    this.silence = new Inactivity(timeouts.nextToken(), this::late);
    this.question = question;
    this.parts = question.prompt().parts();
    this.listener = listener;
    this.onFirst = onFirst;
  }

  /**
   * Opens a call, which ends with the current gRPC context.
   *
   * @param onFirst run when the first token arrives
   */
  static GenerationCall of(
      StageChannels stages,
      ChatRequest question,
      AnswerListener listener,
      StageTimeouts timeouts,
      Runnable onFirst) {
    GenerationCall generation = new GenerationCall(question, listener, timeouts, onFirst);
    generation.result.whenComplete((_, _) -> generation.silence.close());
    LanguageModelGrpc.newStub(stages.traced(StageKind.LLM)).generate(generation);
    return generation;
  }

  /**
   * Sends the prompt as far as it is known: up to the first image without tokens.
   *
   * @param tokens of each image of the prompt [T, H], in order; null where not known
   */
  void send(List<@Nullable Tensor> tokens) {
    while (sent < parts.size()) {
      PromptPart.Builder piece = PromptPart.newBuilder();
      switch (parts.get(sent)) {
        case Prompt.Text(String text) -> piece.setText(text);
        case Prompt.Mark(String token) -> piece.setMark(token);
        case Prompt.Image _ -> {
          Tensor known = tokens.get(images);
          if (known == null) {
            return;
          }
          images++;
          piece.setVisualTokens(known);
        }
      }
      sent++;
      call().onNext(GenerateRequest.newBuilder().setPart(piece).build());
    }
  }

  /**
   * Ends the prompt, and waits.
   *
   * @return the ends of the answers; fails with a {@link StageFailure}
   */
  CompletableFuture<List<Finished>> ask() {
    call().onNext(GenerateRequest.newBuilder().setOptions(question.options()).build());
    call().onCompleted();
    asked = true;
    silence.await(timeouts.firstToken());
    return result;
  }

  private void late(Duration time) {
    String what = began ? "further token" : "first token";
    result.completeExceptionally(StageFailure.silent(StageKind.LLM, what, time));
    call().cancel("no " + what, null);
  }

  /** Runs something if the answer fails. */
  void onFailure(Consumer<Throwable> then) {
    result.whenComplete((_, failure) -> {
      if (failure != null) {
        then.accept(failure);
      }
    });
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
    switch (response.getEventCase()) {
      case TOKEN -> {
        if (!began) {
          began = true;
          onFirst.run();
        }
        listener.token(response.getToken());
      }
      case FINISHED -> {
        listener.ended(response.getFinished());
        finished.add(response.getFinished());
      }
      case ACCEPTED, EVENT_NOT_SET -> {}
    }
    ClientCallStreamObserver<GenerateRequest> requests = call;
    if (requests != null) {
      listener.whenReady(() -> {
        if (asked) {
          silence.await(began ? timeouts.nextToken() : timeouts.firstToken());
        }
        requests.request(1);
      });
    }
  }

  @Override
  public void onError(Throwable failure) {
    if (finished.size() == Math.max(question.options().getN(), 1)) {
      result.complete(List.copyOf(finished));
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
