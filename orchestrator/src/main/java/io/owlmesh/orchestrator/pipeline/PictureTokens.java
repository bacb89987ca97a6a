// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import static io.owlmesh.proto.chat.v1.Stage.STAGE_ABSTRACTOR;
import static io.owlmesh.proto.chat.v1.Stage.STAGE_VISION;

import io.grpc.Context;
import io.owlmesh.core.identity.Tenant;
import io.owlmesh.orchestrator.mesh.MeshInfo;
import io.owlmesh.orchestrator.mesh.PlacedCall;
import io.owlmesh.orchestrator.pipeline.VisualTokenCache.PendingVisualTokens;
import io.owlmesh.proto.abstractor.v1.ResampleResponse;
import io.owlmesh.proto.chat.v1.Stage;
import io.owlmesh.proto.tensor.v1.Tensor;
import io.owlmesh.proto.vision.v1.EncodeResponse;
import io.owlmesh.wire.identity.Caller;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * Visual tokens of one question's pictures, as far as they are needed: from memory, from another
 * question of the same tenant that is having them made, or from the stages.
 */
final class PictureTokens {
  private final VisualTokenCache cache;
  private final PictureEncoder encoder;
  private final MeshInfo mesh;
  private final String made;
  private final Tenant tenant = Caller.currentOwner();
  private final Reports reports;
  private final Map<PromptImage, CompletableFuture<Tensor>> asked = new ConcurrentHashMap<>();

  /**
   * @param made names the weights that the tokens are cached by
   */
  PictureTokens(
      VisualTokenCache cache,
      PictureEncoder encoder,
      MeshInfo mesh,
      String made,
      AnswerListener listener,
      Timings timings) {
    this.cache = cache;
    this.encoder = encoder;
    this.mesh = mesh;
    this.made = made;
    this.reports = new Reports(listener, timings, new HashSet<>());
  }

  /**
   * Has tokens made of the pictures of which there are none yet; on a thread of its own, in the
   * trace and the gRPC context of this one, if that takes time.
   */
  void need(List<PromptImage> pictures) {
    List<PromptImage> fresh = pictures.stream().filter(p -> !asked.containsKey(p)).toList();
    if (fresh.isEmpty()) {
      return;
    }
    fresh.forEach(picture -> asked.put(picture, new CompletableFuture<>()));
    Map<Boolean, List<PromptImage>> byKnown =
        fresh.stream()
            .collect(Collectors.partitioningBy(p -> cache.known(tenant, p, made).isPresent()));
    make(byKnown.getOrDefault(true, List.of()));
    List<PromptImage> unknown = byKnown.getOrDefault(false, List.of());
    if (!unknown.isEmpty()) {
      Runnable work = () -> make(unknown);
      Thread.startVirtualThread(
          Context.current().wrap(io.opentelemetry.context.Context.current().wrap(work)));
    }
  }

  /** Tokens [T, H] of a picture that is needed; fails with a {@link RuntimeException}. */
  CompletableFuture<Tensor> of(PromptImage picture) {
    return Objects.requireNonNull(asked.get(picture));
  }

  /** The language model has the tokens of a picture: nothing is to be done for it. */
  void held(PromptImage picture) {
    reports.cached(picture);
  }

  private void make(List<PromptImage> pictures) {
    try {
      List<PendingVisualTokens> pending =
          pictures.stream().map(p -> cache.of(tenant, p, made)).toList();
      makeMissing(pending.stream().filter(PendingVisualTokens::isOwn).toList());
      for (PendingVisualTokens visual : pending) {
        of(visual.picture()).complete(visual.isOwn() ? visual.await() : awaitOther(visual));
      }
    } catch (RuntimeException e) {
      pictures.forEach(picture -> of(picture).completeExceptionally(e));
    }
  }

  private void makeMissing(List<PendingVisualTokens> missing) {
    if (missing.isEmpty()) {
      return;
    }
    try {
      List<Tensor> tokens = encode(missing.stream().map(PendingVisualTokens::picture).toList());
      for (int i = 0; i < tokens.size(); i++) {
        missing.get(i).complete(tokens.get(i));
      }
    } catch (RuntimeException e) {
      missing.forEach(visual -> visual.fail(e));
      throw e;
    }
  }

  private List<Tensor> encode(List<PromptImage> pictures) {
    return encoder.encode(pictures, mesh, reports);
  }

  /** Tokens that another request computes; if that fails, they are computed here. */
  private Tensor awaitOther(PendingVisualTokens visual) {
    try {
      Tensor tokens = visual.await();
      reports.cached(visual.picture());
      return tokens;
    } catch (CompletionException e) {
      return encode(List.of(visual.picture())).getFirst();
    }
  }

  /** Tells each step of each picture once, however often it was taken. */
  private record Reports(AnswerListener listener, Timings timings, Set<Step> told)
      implements PictureEncoder.Listener {
    private record Step(Stage stage, PromptImage picture) {}

    @Override
    public void encoded(PlacedCall place, PromptImage picture, EncodeResponse response) {
      timings.vision(place, picture, response.getTimings());
      tell(STAGE_VISION, picture, false);
    }

    @Override
    public void resampled(PlacedCall place, PromptImage picture, ResampleResponse response) {
      timings.abstractor(place, picture, response.getTimings());
      tell(STAGE_ABSTRACTOR, picture, false);
    }

    void cached(PromptImage picture) {
      if (tell(STAGE_VISION, picture, true)) {
        timings.cached(picture.indices().size());
      }
      tell(STAGE_ABSTRACTOR, picture, true);
    }

    private boolean tell(Stage stage, PromptImage picture, boolean cached) {
      synchronized (told) {
        if (!told.add(new Step(stage, picture))) {
          return false;
        }
      }
      listener.stage(stage, picture.indices(), cached);
      return true;
    }
  }
}
