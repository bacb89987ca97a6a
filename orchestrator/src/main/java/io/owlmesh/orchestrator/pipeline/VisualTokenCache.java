// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.grpc.Context;
import io.grpc.Contexts;
import io.owlmesh.core.identity.Tenant;
import io.owlmesh.orchestrator.mesh.MeshInfo;
import io.owlmesh.orchestrator.mesh.StageFailure;
import io.owlmesh.orchestrator.mesh.StageKind;
import io.owlmesh.proto.tensor.v1.Lineage;
import io.owlmesh.proto.tensor.v1.Tensor;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Visual tokens of images, by the digest of the file and of the weights that made them; evicted by
 * size. Each tenant has its own. Requests for an image that is being encoded wait for it instead of
 * encoding it again.
 */
public final class VisualTokenCache {
  private final AsyncCache<Key, Tensor> tokens;

  /** Whose it is, a file's content with what is asked of it, and the weights that encode it. */
  private record Key(Tenant tenant, String picture, String weights) {}

  /**
   * An empty cache.
   *
   * @param bytes that all tokens together may take; with 0, only encodings under way are shared
   */
  VisualTokenCache(long bytes) {
    tokens =
        Caffeine.newBuilder()
            .maximumWeight(bytes)
            .weigher((Key _, Tensor tensor) -> tensor.getSerializedSize())
            .executor(Runnable::run)
            .buildAsync();
  }

  /** Visual tokens of one image [T, H], there or being computed. */
  final class PendingVisualTokens {
    private final PromptImage picture;
    private final Key key;
    private final CompletableFuture<Tensor> tokens;
    private final boolean own;

    private PendingVisualTokens(PromptImage picture, Key key) {
      CompletableFuture<Tensor> promise = new CompletableFuture<>();
      CompletableFuture<Tensor> other =
          VisualTokenCache.this.tokens.asMap().putIfAbsent(key, promise);
      this.picture = picture;
      this.key = key;
      this.tokens = other == null ? promise : other;
      this.own = other == null;
    }

    PromptImage picture() {
      return picture;
    }

    /** Whether this request is the first, and owes {@link #complete} or {@link #fail}. */
    boolean isOwn() {
      return own;
    }

    /** Tokens of other weights than expected serve those who wait, and are not cached. */
    void complete(Tensor tensor) {
      tokens.complete(tensor);
      Lineage made = tensor.getLineage();
      if (!key.weights()
          .equals(MeshInfo.visualWeights(made.getVisionDigest(), made.getAbstractorDigest()))) {
        VisualTokenCache.this.tokens.asMap().remove(key, tokens);
      }
    }

    /** Those who wait compute their own; nothing is cached. */
    void fail(Throwable why) {
      tokens.completeExceptionally(why);
    }

    /**
     * Waits until they are there.
     *
     * @throws CompletionException if the request that owed them failed
     * @throws StageFailure if the current gRPC context ends before
     */
    Tensor await() {
      Context context = Context.current();
      CompletableFuture<Tensor> mine = tokens.copy();
      Context.CancellationListener ended =
          over ->
              mine.completeExceptionally(
                  new StageFailure(
                      StageKind.VISION, Contexts.statusFromCancelled(over).asRuntimeException()));
      context.addListener(ended, Runnable::run);
      try {
        return mine.join();
      } catch (CompletionException e) {
        throw e.getCause() instanceof StageFailure failure && context.isCancelled() ? failure : e;
      } finally {
        context.removeListener(ended);
      }
    }
  }

  /** Tokens of a picture [T, H], if they are there now. */
  Optional<Tensor> known(Tenant tenant, PromptImage picture, String weights) {
    CompletableFuture<Tensor> there = tokens.asMap().get(new Key(tenant, picture.key(), weights));
    return there == null || !there.isDone() || there.isCompletedExceptionally()
        ? Optional.empty()
        : Optional.of(there.join());
  }

  /**
   * Looks an image up.
   *
   * @param tenant whose tokens are shared with no other's
   * @param weights as {@link MeshInfo#visualWeights} names those that are to make the tokens
   */
  PendingVisualTokens of(Tenant tenant, PromptImage picture, String weights) {
    return new PendingVisualTokens(picture, new Key(tenant, picture.key(), weights));
  }
}
