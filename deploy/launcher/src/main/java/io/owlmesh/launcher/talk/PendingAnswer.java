// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher.talk;

import io.grpc.stub.ClientCallStreamObserver;
import io.owlmesh.proto.chat.v1.AnswerRequest;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** An answer on its way. */
public final class PendingAnswer {
  private final Address address;
  private final ClientCallStreamObserver<AnswerRequest> call;
  private final CompletableFuture<Void> end;

  /**
   * An answer to a call that was started.
   *
   * @param end completes with the call
   */
  PendingAnswer(
      Address address, ClientCallStreamObserver<AnswerRequest> call, CompletableFuture<Void> end) {
    this.address = address;
    this.call = call;
    this.end = end;
  }

  /** Stops the answer in all stages; {@link #await} then fails with CANCELLED. */
  public void cancel() {
    call.cancel("stopped by the person asking", null);
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
