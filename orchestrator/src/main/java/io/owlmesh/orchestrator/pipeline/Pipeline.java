// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.grpc.Context;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.mesh.MeshInfo;
import io.owlmesh.orchestrator.mesh.MeshReplicas;
import io.owlmesh.orchestrator.mesh.PlacedCall;
import io.owlmesh.orchestrator.mesh.StageFailure;
import io.owlmesh.orchestrator.mesh.StageKind;
import io.owlmesh.orchestrator.mesh.StageTimeouts;
import io.owlmesh.proto.chat.v1.AnswerDone;
import io.owlmesh.proto.chat.v1.FinishReason;
import io.owlmesh.proto.chat.v1.GetAttentionResponse;
import io.owlmesh.proto.llm.v1.Finished;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import io.owlmesh.proto.tensor.v1.Tensor;
import io.owlmesh.proto.vision.v1.EncodeResponse;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;

/** The path of a request: images -> features -> visual tokens -> text. */
final class Pipeline {
  private final MeshReplicas replicas;
  private final VisualTokenCache cache;
  private final PictureEncoder encoder;
  private final PictureEncoder attention;
  private final StageTimeouts timeouts;
  private final int attempts;

  /**
   * Leads requests through the stages.
   *
   * @param timeouts of the stages
   * @param attempts at a stage's work, before something of it is there
   */
  Pipeline(MeshReplicas replicas, VisualTokenCache cache, StageTimeouts timeouts, int attempts) {
    this.replicas = replicas;
    this.cache = cache;
    this.encoder = new PictureEncoder(replicas, timeouts.image(), attempts, false);
    this.attention = new PictureEncoder(replicas, timeouts.image(), attempts, true);
    this.timeouts = timeouts;
    this.attempts = attempts;
  }

  /** Answers, blocking until the end; events are sent on the way. */
  AnswerDone answer(ChatRequest request, AnswerListener listener) {
    MeshInfo mesh =
        switch (request.weights()) {
          case WEIGHTS_UNSPECIFIED, UNRECOGNIZED -> replicas.groups().choose(request.session());
          case WEIGHTS_IN_USE -> replicas.groups().inUse();
          case WEIGHTS_CANARY -> replicas.groups().tried();
        };
    try {
      AnswerDone done = answer(request, listener, mesh);
      replicas.groups().ended(mesh.digests(), false);
      return done;
    } catch (StageFailure e) {
      replicas.groups().ended(mesh.digests(), isOurs(e.fault()));
      throw e;
    } catch (OwlException e) {
      replicas.groups().ended(mesh.digests(), isOurs(e));
      throw e;
    }
  }

  /**
   * What the connector's queries attend to in a picture, blocking.
   *
   * @param question what is asked of it; of effect where the connector reads it
   */
  GetAttentionResponse attention(MeshInfo mesh, ImageContent picture, String question) {
    Look look = look(attention, mesh, picture, question);
    return AttentionMaps.of(look.made(), look.vision().getPicture(), mesh.readsQuestion());
  }

  /**
   * What the visual stages make of a picture, blocking: anew, and not to be kept.
   *
   * @param features whether of the first stage, in place of visual tokens
   * @param question as above
   */
  Tensor encoding(MeshInfo mesh, ImageContent picture, boolean features, String question) {
    Look look = look(encoder, mesh, picture, question);
    return features ? look.vision().getFeatures() : look.made();
  }

  /** What both visual stages told of a picture. */
  private record Look(EncodeResponse vision, Tensor made) {}

  private static Look look(
      PictureEncoder stages, MeshInfo mesh, ImageContent picture, String question) {
    PromptImage image = new PromptImage(picture, List.of(0), mesh.readsQuestion() ? question : "");
    AtomicReference<EncodeResponse> seen =
        new AtomicReference<>(EncodeResponse.getDefaultInstance());
    Tensor made =
        stages
            .encode(
                List.of(image),
                mesh,
                new PictureEncoder.Listener() {
                  @Override
                  public void encoded(PlacedCall at, PromptImage of, EncodeResponse response) {
                    seen.set(response);
                  }
                })
            .getFirst();
    return new Look(seen.get(), made);
  }

  private static boolean isOurs(OwlException failure) {
    return failure.fault() == Fault.UNAVAILABLE || failure.fault() == Fault.INTERNAL;
  }

  private AnswerDone answer(ChatRequest request, AnswerListener listener, MeshInfo mesh) {
    Timings timings = new Timings();
    GenerationOptions options = repeatable(request.options());
    Context.CancellableContext calls = Context.current().withCancellation();
    Context outer = calls.attach();
    try {
      PictureTokens pictures =
          new PictureTokens(cache, encoder, mesh, mesh.visualWeights(), listener, timings);
      AnswerProgress progress =
          new AnswerProgress(
              options, listener, timings::firstToken, mesh.context(), mesh.usualNewTokens());
      Generation generation =
          new Generation(
              replicas.of(StageKind.LLM),
              mesh,
              request,
              pictures,
              progress,
              timings,
              timeouts,
              attempts);
      AnswerDone done = done(generation.run(), timings);
      return done.toBuilder().setOptions(AnswerParams.told(options)).build();
    } finally {
      calls.detach(outer);
      calls.cancel(null); // If one stage failed, the others have work that nobody wants.
    }
  }

  /** Whoever goes on with an answer is to choose as whoever began it. */
  private static GenerationOptions repeatable(GenerationOptions options) {
    return options.getTemperature() > 0 && !options.hasSeed()
        ? options.toBuilder().setSeed(ThreadLocalRandom.current().nextLong()).build()
        : options;
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
            .setTimings(timings.end(first.getTimings()))
            .addAllSpans(timings.spans());
    if (first.getUsage().hasClampedMaxNewTokens()) {
      done.setClampedMaxNewTokens(first.getUsage().getClampedMaxNewTokens());
    }
    return done.build();
  }
}
