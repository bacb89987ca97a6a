// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.client;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** An answer on its way. */
public final class PendingAnswer {
  private final Address address;
  private final CompletableFuture<Void> end;

  /**
   * An answer to a call that was started.
   *
   * @param end completes with the call
   */
  PendingAnswer(Address address, CompletableFuture<Void> end) {
    this.address = address;
    this.end = end;
  }

  /** Returns when the last event was handed over. */
  public void await() throws AnswerFailed, InterruptedException {
    try {
      end.get();
    } catch (ExecutionException failed) {
      Throwable cause = failed.getCause() == null ? failed : failed.getCause();
      throw AnswerFailed.of(cause, address);
    }
  }
}
