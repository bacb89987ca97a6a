// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.grpc.Context;
import io.grpc.Contexts;
import io.owlmesh.orchestrator.mesh.MeshInfo;
import io.owlmesh.orchestrator.mesh.StageFailure;
import io.owlmesh.orchestrator.mesh.StageKind;
import io.owlmesh.proto.tensor.v1.Lineage;
import io.owlmesh.proto.tensor.v1.Tensor;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Visual tokens of pictures seen before, by what is in the file and which weights made them; the
 * least useful ones go when room is needed. Whoever asks for a picture that another is looking at
 * waits for that look instead of a second one.
 */
public final class VisualTokenCache {
  private final AsyncCache<Key, Tensor> tokens;

  /** A file's content, and which weights are to look at it. */
  private record Key(String sha256, String weights) {}

  /**
   * Remembers nothing yet.
   *
   * @param bytes that all tokens together may take; with 0, only looks at one time are shared
   */
  VisualTokenCache(long bytes) {
    tokens =
        Caffeine.newBuilder()
            .maximumWeight(bytes)
            .weigher((Key _, Tensor tensor) -> tensor.getSerializedSize())
            .executor(Runnable::run)
            .buildAsync();
  }

  /** Tokens of one picture [T, H], there or promised. */
  final class PendingVisualTokens {
    private final PromptImage picture;
    private final Key key;
    private final CompletableFuture<Tensor> tokens;
    private final boolean ours;

    private PendingVisualTokens(PromptImage picture, Key key) {
      CompletableFuture<Tensor> promise = new CompletableFuture<>();
      CompletableFuture<Tensor> other =
          VisualTokenCache.this.tokens.asMap().putIfAbsent(key, promise);
      this.picture = picture;
      this.key = key;
      this.tokens = other == null ? promise : other;
      this.ours = other == null;
    }

    PromptImage picture() {
      return picture;
    }

    /** Whether nobody promised them before, so that {@link #bring} or {@link #giveUp} is owed. */
    boolean ours() {
      return ours;
    }

    /** Keeps a promise. Tokens of other weights than expected serve who waits, no one later. */
    void bring(Tensor tensor) {
      tokens.complete(tensor);
      Lineage made = tensor.getLineage();
      if (!key.weights()
          .equals(MeshInfo.visualWeights(made.getVisionDigest(), made.getAbstractorDigest()))) {
        VisualTokenCache.this.tokens.asMap().remove(key, tokens);
      }
    }

    /** Others who wait look for themselves; nothing is remembered. */
    void giveUp(Throwable why) {
      tokens.completeExceptionally(why);
    }

    /**
     * Waits until they are there.
     *
     * @throws CompletionException if who promised them did not bring them
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
  Optional<Tensor> known(PromptImage picture, String weights) {
    CompletableFuture<Tensor> there = tokens.asMap().get(new Key(picture.file().sha256(), weights));
    return there == null || !there.isDone() || there.isCompletedExceptionally()
        ? Optional.empty()
        : Optional.of(there.join());
  }

  /**
   * Looks a picture up.
   *
   * @param weights as {@link #weights} names those that are to make the tokens
   */
  PendingVisualTokens of(PromptImage picture, String weights) {
    return new PendingVisualTokens(picture, new Key(picture.file().sha256(), weights));
  }
}
