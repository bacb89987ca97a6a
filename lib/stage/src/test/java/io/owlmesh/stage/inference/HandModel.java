// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage.inference;

import io.owlmesh.core.Fault;
import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A model of one number an image, whose images the test completes by hand. */
final class HandModel implements ServedModel, ServedModel.Loaded {
  static final int CAPACITY = 4;

  private final BlockingQueue<Image> begun = new LinkedBlockingQueue<>();
  volatile boolean loading;

  /** Images that begin before the queue is full. */
  volatile int queue = Integer.MAX_VALUE;

  /** An image in work. */
  record Image(HostTensor item, CompletableFuture<Computed> result) {
    /** The answer is the input. */
    void complete(long batch, int batchSize) {
      result.complete(new Computed(item, 10, 20, 30, batch, batchSize));
    }
  }

  /** The next image that began. */
  Image next() throws InterruptedException {
    Image image = begun.poll(30, TimeUnit.SECONDS);
    if (image == null) {
      throw new AssertionError("nothing began");
    }
    return image;
  }

  @Override
  public String name() {
    return "hand";
  }

  @Override
  public int capacity() {
    return CAPACITY;
  }

  @Override
  public boolean ready() {
    return !loading;
  }

  @Override
  public Loaded loaded() {
    if (loading) {
      throw new OwlException(Fault.UNAVAILABLE, "", "loading");
    }
    return this;
  }

  @Override
  public String digest() {
    return "0123456789abcdef";
  }

  @Override
  public TensorSpec input() {
    return TensorSpec.numbers("x", Datatype.FP32, 1);
  }

  @Override
  public TensorSpec output() {
    return TensorSpec.numbers("y", Datatype.FP32, 1);
  }

  @Override
  public Map<String, String> lineage(Map<String, String> claimed) {
    return Map.of("hand_digest", digest(), "claimed", List.copyOf(claimed.keySet()).toString());
  }

  @Override
  public CompletableFuture<Computed> begin(HostTensor item, long deadline) {
    if (begun.size() >= queue) {
      throw new OwlException(Fault.SATURATED, "", "full");
    }
    Image image = new Image(item, new CompletableFuture<>());
    begun.add(image);
    return image.result();
  }
}
