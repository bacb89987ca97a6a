// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.workers;

import io.owlmesh.core.OwlException;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.List;

/** The workers of a job. All of them make the same exchanges in the same order. */
public interface WorkerGroup extends AutoCloseable {
  /** Which worker this is, from 0. */
  int rank();

  /** How many there are. */
  int size();

  /**
   * Gives buffers to every worker and takes those that every worker gives to this one.
   *
   * @param toEach what each rank gets; the own place is given back as it is
   * @return what each rank gave, by rank; little-endian, in memory outside of the heap
   * @throws OwlException UNAVAILABLE if a worker is gone or silent
   */
  List<List<ByteBuffer>> exchange(List<List<ByteBuffer>> toEach);

  /**
   * Gives one buffer to all.
   *
   * @return the buffer of each, by rank
   * @throws OwlException as {@link #exchange}
   */
  default List<ByteBuffer> gather(ByteBuffer own) {
    return exchange(Collections.nCopies(size(), List.of(own))).stream()
        .map(List::getFirst)
        .toList();
  }

  /** Seconds that exchanges took since this was asked last: sending, and waiting for others. */
  double exchangeSeconds();

  /** Returns when all have come here. */
  default void await() {
    var _ = gather(ByteBuffer.allocateDirect(1));
  }

  @Override
  void close();
}
