// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.answer;

import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.owlmesh.model.Fault;
import io.owlmesh.model.OwlException;
import io.owlmesh.model.text.Prompt;
import io.owlmesh.proto.llm.v1.Finished;
import io.owlmesh.proto.llm.v1.GenerateRequest;
import io.owlmesh.proto.llm.v1.GenerateResponse;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import io.owlmesh.proto.llm.v1.PromptPart;
import io.owlmesh.proto.tensor.v1.Tensor;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What the language model answers to one question: the prompt's parts flow in, text flows out, no
 * faster than the caller takes it.
 */
final class Speaking implements ClientResponseObserver<GenerateRequest, GenerateResponse> {
  private final int answers;
  private final Audience audience;
  private final Runnable onFirst;
  private final CompletableFuture<List<Finished>> result = new CompletableFuture<>();
  private @Nullable ClientCallStreamObserver<GenerateRequest> call;
  private volatile boolean began;
  private final List<Finished> finished = new ArrayList<>(); // Calls come one after the other.

  private Speaking(int answers, Audience audience, Runnable onFirst) {
    this.answers = answers;
    this.audience = audience;
    this.onFirst = onFirst;
  }

  /**
   * Starts an answer. The call ends with the current gRPC context.
   *
   * @param tokens visual tokens of the images of the prompt, in order
   * @param onFirst run when the first token arrives
   * @return the ends of the answers; fails with a {@link StageFailure}
   */
  static CompletableFuture<List<Finished>> of(
      Stages stages, Question question, List<Tensor> tokens, Audience audience, Runnable onFirst) {
    Speaking speaking = new Speaking(Math.max(question.options().getN(), 1), audience, onFirst);
    var requests = LanguageModelGrpc.newStub(stages.traced(Stage.LLM)).generate(speaking);
    Iterator<Tensor> images = tokens.iterator();
    for (Prompt.Part part : question.prompt().parts()) {
      PromptPart.Builder piece =
          switch (part) {
            case Prompt.Text(String text) -> PromptPart.newBuilder().setText(text);
            case Prompt.Image _ -> PromptPart.newBuilder().setVisualTokens(images.next());
          };
      requests.onNext(GenerateRequest.newBuilder().setPart(piece).build());
    }
    requests.onNext(GenerateRequest.newBuilder().setOptions(question.options()).build());
    requests.onCompleted();
    return speaking.result;
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<GenerateRequest> requests) {
    call = requests;
    requests.disableAutoRequestWithInitial(1);
  }

  @Override
  public void onNext(GenerateResponse response) {
    switch (response.getEventCase()) {
      case TOKEN -> {
        if (!began) {
          began = true;
          onFirst.run();
        }
        audience.token(response.getToken());
      }
      case FINISHED -> {
        audience.ended(response.getFinished());
        finished.add(response.getFinished());
      }
      case ACCEPTED, EVENT_NOT_SET -> {}
    }
    ClientCallStreamObserver<GenerateRequest> requests = call;
    if (requests != null) {
      audience.whenReady(() -> requests.request(1));
    }
  }

  @Override
  public void onError(Throwable failure) {
    if (finished.size() == answers) {
      result.complete(List.copyOf(finished));
    } else {
      result.completeExceptionally(new StageFailure(Stage.LLM, failure));
    }
  }

  @Override
  public void onCompleted() {
    // Only now is the answer over: whoever ends the call before would make it a cancelled one.
    onError(new OwlException(Fault.INTERNAL, "", "the answer stopped without an end"));
  }
}
