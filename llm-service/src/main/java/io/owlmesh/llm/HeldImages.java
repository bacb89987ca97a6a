// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import com.google.protobuf.ByteString;
import io.owlmesh.core.HostTensor;
import io.owlmesh.core.identity.Tenant;
import io.owlmesh.stage.HeldNames;
import io.owlmesh.stage.HeldNames.Kind;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Visual tokens that requests of the same tenant may name instead of sending them again, as long as
 * there is room. Used by any thread.
 */
public final class HeldImages {
  private final HeldNames held;
  private final Cache<Key, HostTensor> images;

  private record Key(Tenant tenant, ByteString name) {}

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
            .weigher((Key _, HostTensor image) -> Math.max(image.bytes().remaining(), least))
            .removalListener((@Nullable Key key, @Nullable HostTensor _, RemovalCause cause) -> {
              if (key != null && cause != RemovalCause.REPLACED) {
                held.lost(Kind.IMAGE, key.name());
              }
            })
            .executor(Runnable::run)
            .build();
  }

  /** Keeps visual tokens [T, H] of a tenant under a name, for a while. */
  public synchronized void put(Tenant tenant, ByteString name, HostTensor image) {
    Key key = new Key(tenant, name);
    images.put(key, image); // What had to go for it has been told when this returns.
    if (images.getIfPresent(key) != null) {
      held.gained(Kind.IMAGE, name, (int) image.shape()[0]);
    }
  }

  /** The visual tokens of a tenant's name, if they are still there. */
  public synchronized Optional<HostTensor> get(Tenant tenant, ByteString name) {
    return Optional.ofNullable(images.getIfPresent(new Key(tenant, name)));
  }
}
