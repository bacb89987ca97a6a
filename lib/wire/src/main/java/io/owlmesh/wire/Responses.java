// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire;

import io.grpc.stub.StreamObserver;
import java.util.function.Supplier;

/** Ends of calls: exactly one terminal event each. */
public final class Responses {
  private Responses() {}

  /** Answers a unary call with a value, or with the status of what went wrong. */
  public static <R> void unary(StreamObserver<R> response, Supplier<R> work) {
    R value;
    try {
      value = work.get();
    } catch (RuntimeException e) {
      response.onError(Faults.toStatus(e));
      return;
    }
    response.onNext(value);
    response.onCompleted();
  }

  /** Opens a stream of requests, or ends the call with the status of what went wrong. */
  public static <Q> StreamObserver<Q> stream(
      StreamObserver<?> responses, Supplier<StreamObserver<Q>> open) {
    try {
      return open.get();
    } catch (RuntimeException e) {
      responses.onError(Faults.toStatus(e));
      return new Ignored<>();
    }
  }

  /** What a caller still sends after the end of its call. */
  private static final class Ignored<Q> implements StreamObserver<Q> {
    @Override
    public void onNext(Q request) {}

    @Override
    public void onError(Throwable cancelled) {}

    @Override
    public void onCompleted() {}
  }
}
