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
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The path of a request: images -> features -> visual tokens -> text. */
final class Pipeline {
  private static final Duration PAUSE = Duration.ofMillis(100);

  private final StageChannels stages;
  private final VisualTokenCache cache;
  private final Supplier<String> weights;
  private final BooleanSupplier asks;
  private final StageTimeouts timeouts;
  private final Guard vision;
  private final Guard abstractor;
  private final Guard llm;
  private final Retry retry;

  /**
   * Leads requests through the stages.
   *
   * @param weights as {@link MeshInfo#visualWeights} names those that make visual tokens now
   * @param asks whether visual tokens depend on the question now
   * @param timeouts of the stages
   * @param maxCalls to one stage at a time
   * @param attempts at work that was refused as unavailable, before the answer began
   */
  Pipeline(
      StageChannels stages,
      VisualTokenCache cache,
      Supplier<String> weights,
      BooleanSupplier asks,
      StageTimeouts timeouts,
      int maxCalls,
      int attempts) {
    this.timeouts = timeouts;
    this.stages = stages;
    this.cache = cache;
    this.weights = weights;
    this.asks = asks;
    this.vision = new Guard(StageKind.VISION, maxCalls);
    this.abstractor = new Guard(StageKind.ABSTRACTOR, maxCalls);
    this.llm = new Guard(StageKind.LLM, maxCalls);
    this.retry =
        Retry.of(
            "encode",
            RetryConfig.custom()
                .maxAttempts(attempts)
                .intervalFunction(IntervalFunction.ofExponentialRandomBackoff(PAUSE))
                .retryOnException(e -> e instanceof StageFailure failure && failure.isTransient())
                .build());
  }

  /**
   * Answers, blocking until the end; events are sent on the way. Encoding is retried; generation is
   * not, since a caller may have read what it began.
   */
  AnswerDone answer(ChatRequest request, AnswerListener listener) {
    Timings timings = new Timings();
    Context.CancellableContext calls = Context.current().withCancellation();
    Context outer = calls.attach();
    try {
      return done(llm.call(() -> generate(request, listener, timings)), timings);
    } finally {
      calls.detach(outer);
      calls.cancel(null); // If one stage failed, the others have work that nobody wants.
    }
  }

  /** Known parts of the prompt go to the language model while new images are being encoded. */
  private List<Finished> generate(ChatRequest request, AnswerListener listener, Timings timings) {
    GenerationCall generation =
        GenerationCall.of(stages, request, listener, timeouts, timings::firstToken);
    List<@Nullable Tensor> known = known(request);
    if (known.contains(null)) {
      CompletableFuture<List<Tensor>> encoding = encode(request, listener, timings);
      generation.onFailure(encoding::completeExceptionally);
      generation.send(known);
      generation.send(new ArrayList<>(join(encoding)));
    } else {
      generation.send(new ArrayList<>(encodeNow(request, listener, timings)));
    }
    return join(generation.ask());
  }

  /** Tokens of every image of the prompt; null where they are not there yet. */
  private List<@Nullable Tensor> known(ChatRequest request) {
    @Nullable Tensor[] all = new Tensor[request.images().size()];
    String weightsNow = all.length == 0 ? "" : weights.get();
    for (PromptImage image : request.pictures(asks.getAsBoolean())) {
      Tensor tokens = cache.known(image, weightsNow).orElse(null);
      image.indices().forEach(place -> all[place] = tokens);
    }
    return Arrays.asList(all);
  }

  /** Encodes on a thread of its own, in the trace and the gRPC context of this one. */
  private CompletableFuture<List<Tensor>> encode(
      ChatRequest request, AnswerListener listener, Timings timings) {
    CompletableFuture<List<Tensor>> tokens = new CompletableFuture<>();
    Runnable work =
        () -> {
          try {
            Supplier<List<Tensor>> attempt = () -> encodeNow(request, listener, timings);
            tokens.complete(Retry.decorateSupplier(retry, attempt).get());
          } catch (RuntimeException e) {
            tokens.completeExceptionally(e);
          }
        };
    Thread.startVirtualThread(
        Context.current().wrap(io.opentelemetry.context.Context.current().wrap(work)));
    return tokens;
  }

  /** Visual tokens of every image of the prompt. */
  private List<Tensor> encodeNow(ChatRequest request, AnswerListener listener, Timings timings) {
    String weightsNow = request.images().isEmpty() ? "" : weights.get();
    List<PendingVisualTokens> pending =
        request.pictures(asks.getAsBoolean()).stream().map(p -> cache.of(p, weightsNow)).toList();
    Reports reports = new Reports(listener, timings);
    encodeMissing(pending.stream().filter(PendingVisualTokens::isOwn).toList(), reports);
    Tensor[] all = new Tensor[request.images().size()];
    for (PendingVisualTokens visual : pending) {
      Tensor tokens = visual.isOwn() ? visual.await() : cached(visual, reports);
      for (int place : visual.picture().indices()) {
        all[place] = tokens;
      }
    }
    return List.of(all);
  }

  private void encodeMissing(List<PendingVisualTokens> missing, Reports reports) {
    if (missing.isEmpty()) {
      return;
    }
    try {
      List<Tensor> tokens =
          encodeTogether(missing.stream().map(PendingVisualTokens::picture).toList(), reports);
      for (int i = 0; i < tokens.size(); i++) {
        missing.get(i).complete(tokens.get(i));
      }
    } catch (RuntimeException e) {
      missing.forEach(visual -> visual.fail(e));
      throw e;
    }
  }

  private List<Tensor> encodeTogether(List<PromptImage> images, Reports reports) {
    return vision.call(() ->
        abstractor.call(
            () -> join(ImageEncodingCall.at(stages, images, timeouts.image(), reports))));
  }

  /** Tokens that another request computes; if that fails, they are computed here. */
  private Tensor cached(PendingVisualTokens visual, Reports reports) {
    try {
      Tensor tokens = visual.await();
      reports.cached(visual.picture());
      return tokens;
    } catch (CompletionException e) {
      return encodeTogether(List.of(visual.picture()), reports).getFirst();
    }
  }

  private record Reports(AnswerListener listener, Timings timings)
      implements ImageEncodingCall.Listener {
    @Override
    public void encoded(PromptImage image, EncodeResponse response) {
      timings.vision(response.getTimings());
      listener.stage(STAGE_VISION, image.indices(), false);
    }

    @Override
    public void resampled(PromptImage image, ResampleResponse response) {
      timings.abstractor(response.getTimings());
      listener.stage(STAGE_ABSTRACTOR, image.indices(), false);
    }

    void cached(PromptImage image) {
      timings.cached(image.indices().size());
      listener.stage(STAGE_VISION, image.indices(), true);
      listener.stage(STAGE_ABSTRACTOR, image.indices(), true);
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
