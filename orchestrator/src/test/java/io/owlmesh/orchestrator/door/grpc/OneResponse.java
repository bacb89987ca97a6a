// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.grpc;

import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;

/** The response to a stream of requests, or why there is none. */
final class OneResponse<R> implements StreamObserver<R> {
  final CompletableFuture<R> response = new CompletableFuture<>();

  @Override
  public void onNext(R message) {
    response.complete(message);
  }

  @Override
  public void onError(Throwable failure) {
    response.completeExceptionally(failure);
  }

  @Override
  public void onCompleted() {}
}
