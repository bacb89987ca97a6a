// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage.inference;

import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.stage.DynamicBatcher;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** A stage's work as a model with one input and one output, both of one item an image. */
public interface ServedModel {
  /** The name that clients use. */
  String name();

  /** Images of all requests that are in work, or not yet taken by their callers, at most. */
  int capacity();

  /** Whether it can be asked now. */
  boolean ready();

  /**
   * What is behind the name.
   *
   * @throws OwlException UNAVAILABLE while the weights are loading
   */
  Loaded loaded();

  /** A model with its weights. */
  interface Loaded {
    /** Digest of the weights, hex. */
    String digest();

    TensorSpec input();

    TensorSpec output();

    /**
     * What weights the output comes from, as parameters of the response.
     *
     * @param claimed what the caller says of its input, by the same names
     * @throws OwlException OTHER_WEIGHTS if the input was made by other weights than this expects
     */
    Map<String, String> lineage(Map<String, String> claimed);

    /**
     * Begins one image; cancelling the future gives it up.
     *
     * @param item of the input's item shape, or the bytes of its string
     * @param deadline {@link System#nanoTime} after which nobody wants it
     * @throws OwlException SATURATED if too many wait
     */
    CompletableFuture<Computed> begin(HostTensor item, long deadline);
  }

  /**
   * What became of an image.
   *
   * @param value of the output's item shape
   * @param queueNanos waiting
   * @param prepareNanos decoding
   * @param computeNanos of the whole batch
   * @param batch number of the batch
   * @param batchSize images computed together
   */
  record Computed(
      HostTensor value,
      long queueNanos,
      long prepareNanos,
      long computeNanos,
      long batch,
      int batchSize) {
    /** Of an image that needed no preparation. */
    public static Computed of(DynamicBatcher.Done<HostTensor> done) {
      return new Computed(
          done.value(), done.queueNanos(), 0, done.computeNanos(), done.batch(), done.batchSize());
    }

    long nanos() {
      return queueNanos + prepareNanos + computeNanos;
    }
  }
}
