// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.workers;

import java.nio.ByteBuffer;
import java.util.List;

/** A job's only worker. */
public final class LoneWorker implements WorkerGroup {
  @Override
  public int rank() {
    return 0;
  }

  @Override
  public int size() {
    return 1;
  }

  @Override
  public List<List<ByteBuffer>> exchange(List<List<ByteBuffer>> toEach) {
    return toEach;
  }

  @Override
  public double exchangeSeconds() {
    return 0;
  }

  @Override
  public void close() {}
}
