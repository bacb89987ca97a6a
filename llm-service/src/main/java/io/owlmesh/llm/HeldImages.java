// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import com.google.protobuf.ByteString;
import io.owlmesh.core.HostTensor;
import io.owlmesh.stage.HeldNames;
import io.owlmesh.stage.HeldNames.Kind;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Visual tokens that requests may name instead of sending them again, as long as there is room.
 * Used by any thread.
 */
public final class HeldImages {
  private final HeldNames held;
  private final Cache<ByteString, HostTensor> images;

  /**
   * @param bytes of all of them
   */
  HeldImages(long bytes, HeldNames held) {
    this.held = held;
    // Of which there are HeldNames.MOST at most, however small they are.
    int least = (int) Math.min(Math.ceilDiv(bytes, HeldNames.MOST), Integer.MAX_VALUE);
    this.images =
        Caffeine.newBuilder()
            .maximumWeight(bytes)
            .weigher((ByteString _, HostTensor image) -> Math.max(image.bytes().remaining(), least))
            .removalListener(
                (@Nullable ByteString name, @Nullable HostTensor _, RemovalCause cause) -> {
                  if (name != null && cause != RemovalCause.REPLACED) {
                    held.lost(Kind.IMAGE, name);
                  }
                })
            .executor(Runnable::run)
            .build();
  }

  /** Keeps visual tokens [T, H] under a name, for a while. */
  public synchronized void put(ByteString name, HostTensor image) {
    images.put(name, image); // What had to go for it has been told when this returns.
    if (images.getIfPresent(name) != null) {
      held.gained(Kind.IMAGE, name, (int) image.shape()[0]);
    }
  }

  /** The visual tokens of a name, if they are still there. */
  public synchronized Optional<HostTensor> get(ByteString name) {
    return Optional.ofNullable(images.getIfPresent(name));
  }
}
