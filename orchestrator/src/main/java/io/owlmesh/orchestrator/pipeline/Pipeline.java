// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import static io.owlmesh.proto.chat.v1.Stage.STAGE_ABSTRACTOR;
import static io.owlmesh.proto.chat.v1.Stage.STAGE_VISION;

import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.grpc.Context;
import io.owlmesh.orchestrator.mesh.Guard;
import io.owlmesh.orchestrator.mesh.MeshInfo;
import io.owlmesh.orchestrator.mesh.StageChannels;
import io.owlmesh.orchestrator.mesh.StageFailure;
import io.owlmesh.orchestrator.mesh.StageKind;
import io.owlmesh.orchestrator.mesh.StageTimeouts;
import io.owlmesh.orchestrator.pipeline.VisualTokenCache.PendingVisualTokens;
import io.owlmesh.proto.abstractor.v1.ResampleResponse;
import io.owlmesh.proto.chat.v1.AnswerDone;
import io.owlmesh.proto.chat.v1.FinishReason;
import io.owlmesh.proto.llm.v1.Finished;
import io.owlmesh.proto.tensor.v1.Tensor;
import io.owlmesh.proto.vision.v1.EncodeResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The journey of a question: images -> features -> visual tokens -> text. */
final class Pipeline {
  private static final Duration PAUSE = Duration.ofMillis(100);

  private final StageChannels stages;
  private final VisualTokenCache memory;
  private final Supplier<String> weights;
  private final StageTimeouts timeouts;
  private final Guard vision;
  private final Guard abstractor;
  private final Guard llm;
  private final Retry retry;

  /**
   * Leads questions through stages.
   *
   * @param weights as {@link MeshInfo#visualWeights} names those that make visual tokens now
   * @param timeouts of the stages
   * @param maxCalls to one stage at a time
   * @param attempts at work that was refused as unavailable, before the answer began
   */
  Pipeline(
      StageChannels stages,
      VisualTokenCache memory,
      Supplier<String> weights,
      StageTimeouts timeouts,
      int maxCalls,
      int attempts) {
    this.timeouts = timeouts;
    this.stages = stages;
    this.memory = memory;
    this.weights = weights;
    this.vision = new Guard(StageKind.VISION, maxCalls);
    this.abstractor = new Guard(StageKind.ABSTRACTOR, maxCalls);
    this.llm = new Guard(StageKind.LLM, maxCalls);
    this.retry =
        Retry.of(
            "look",
            RetryConfig.custom()
                .maxAttempts(attempts)
                .intervalFunction(IntervalFunction.ofExponentialRandomBackoff(PAUSE))
                .retryOnException(e -> e instanceof StageFailure failure && failure.isTransient())
                .build());
  }

  /**
   * Answers, blocking until the end; events are sent on the way. Looking at images has no effect
   * but its result, so it is tried again; speaking is not.
   */
  AnswerDone answer(ChatRequest question, AnswerListener listener) {
    Timings timings = new Timings();
    Context.CancellableContext calls = Context.current().withCancellation();
    Context outer = calls.attach();
    try {
      return done(llm.call(() -> speak(question, listener, timings)), timings);
    } finally {
      calls.detach(outer);
      calls.cancel(null); // If one stage failed, the others have work that nobody wants.
    }
  }

  /** What was said before goes to the language model while new images are looked at. */
  private List<Finished> speak(ChatRequest question, AnswerListener listener, Timings timings) {
    GenerationCall generation =
        GenerationCall.of(stages, question, listener, timeouts, timings::firstToken);
    List<@Nullable Tensor> known = known(question);
    if (known.contains(null)) {
      CompletableFuture<List<Tensor>> look = look(question, listener, timings);
      generation.onFailure(look::completeExceptionally);
      generation.send(known);
      generation.send(new ArrayList<>(join(look)));
    } else {
      generation.send(new ArrayList<>(encodeNow(question, listener, timings)));
    }
    return join(generation.ask());
  }

  /** Tokens of every image of the prompt; null where they are not there yet. */
  private List<@Nullable Tensor> known(ChatRequest question) {
    @Nullable Tensor[] all = new Tensor[question.images().size()];
    String made = all.length == 0 ? "" : weights.get();
    for (PromptImage picture : question.pictures()) {
      Tensor tokens = memory.known(picture, made).orElse(null);
      picture.indices().forEach(place -> all[place] = tokens);
    }
    return Arrays.asList(all);
  }

  /** Looks on a thread of its own, in the trace and the gRPC context of this one. */
  private CompletableFuture<List<Tensor>> look(
      ChatRequest question, AnswerListener listener, Timings timings) {
    CompletableFuture<List<Tensor>> tokens = new CompletableFuture<>();
    Runnable work =
        () -> {
          try {
            Supplier<List<Tensor>> look = () -> encodeNow(question, listener, timings);
            tokens.complete(Retry.decorateSupplier(retry, look).get());
          } catch (RuntimeException e) {
            tokens.completeExceptionally(e);
          }
        };
    Thread.startVirtualThread(
        Context.current().wrap(io.opentelemetry.context.Context.current().wrap(work)));
    return tokens;
  }

  /** Visual tokens of every image of the prompt. */
  private List<Tensor> encodeNow(ChatRequest question, AnswerListener listener, Timings timings) {
    String made = question.images().isEmpty() ? "" : weights.get();
    List<PendingVisualTokens> pending =
        question.pictures().stream().map(p -> memory.of(p, made)).toList();
    Reports reports = new Reports(listener, timings);
    encodeMissing(pending.stream().filter(PendingVisualTokens::ours).toList(), reports);
    Tensor[] all = new Tensor[question.images().size()];
    for (PendingVisualTokens visual : pending) {
      Tensor tokens = visual.ours() ? visual.await() : seen(visual, reports);
      for (int place : visual.picture().indices()) {
        all[place] = tokens;
      }
    }
    return List.of(all);
  }

  private void encodeMissing(List<PendingVisualTokens> promised, Reports reports) {
    if (promised.isEmpty()) {
      return;
    }
    try {
      List<Tensor> tokens =
          encodeTogether(promised.stream().map(PendingVisualTokens::picture).toList(), reports);
      for (int i = 0; i < tokens.size(); i++) {
        promised.get(i).bring(tokens.get(i));
      }
    } catch (RuntimeException e) {
      promised.forEach(visual -> visual.giveUp(e));
      throw e;
    }
  }

  private List<Tensor> encodeTogether(List<PromptImage> pictures, Reports reports) {
    return vision.call(() ->
        abstractor.call(
            () -> join(ImageEncodingCall.at(stages, pictures, timeouts.image(), reports))));
  }

  /** Tokens that another brought or brings; who waited for nothing looks for himself. */
  private Tensor seen(PendingVisualTokens visual, Reports reports) {
    try {
      Tensor tokens = visual.await();
      reports.remembered(visual.picture());
      return tokens;
    } catch (CompletionException e) {
      return encodeTogether(List.of(visual.picture()), reports).getFirst();
    }
  }

  private record Reports(AnswerListener listener, Timings timings)
      implements ImageEncodingCall.Listener {
    @Override
    public void encoded(PromptImage picture, EncodeResponse response) {
      timings.vision(response.getTimings());
      listener.stage(STAGE_VISION, picture.indices(), false);
    }

    @Override
    public void resampled(PromptImage picture, ResampleResponse response) {
      timings.abstractor(response.getTimings());
      listener.stage(STAGE_ABSTRACTOR, picture.indices(), false);
    }

    void remembered(PromptImage picture) {
      timings.cached(picture.indices().size());
      listener.stage(STAGE_VISION, picture.indices(), true);
      listener.stage(STAGE_ABSTRACTOR, picture.indices(), true);
    }
  }

  private static <T> T join(CompletableFuture<T> future) {
    try {
      return future.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException failure ? failure : e;
    }
  }

  private static AnswerDone done(List<Finished> ends, Timings timings) {
    Finished first = ends.getFirst();
    AnswerDone.Builder done =
        AnswerDone.newBuilder()
            .setReason(
                switch (first.getReason()) {
                  case FINISH_REASON_STOP -> FinishReason.FINISH_REASON_STOP;
                  case FINISH_REASON_LENGTH -> FinishReason.FINISH_REASON_LENGTH;
                  case FINISH_REASON_UNSPECIFIED, UNRECOGNIZED ->
                      FinishReason.FINISH_REASON_UNSPECIFIED;
                })
            .setPromptTokens(first.getUsage().getPromptTokens())
            .setVisualTokens(first.getUsage().getVisualTokens())
            .setCompletionTokens(
                ends.stream().mapToInt(end -> end.getUsage().getCompletionTokens()).sum())
            .setCachedImages(timings.cachedImages())
            .setCachedPromptTokens(first.getUsage().getCachedPromptTokens())
            .setTimings(timings.end(first.getTimings()));
    if (first.getUsage().hasClampedMaxNewTokens()) {
      done.setClampedMaxNewTokens(first.getUsage().getClampedMaxNewTokens());
    }
    return done.build();
  }
}
