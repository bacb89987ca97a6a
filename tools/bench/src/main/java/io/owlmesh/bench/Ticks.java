// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Notes when pieces of an answer's text come to its caller. */
final class Ticks<R> implements StreamObserver<R> {
  private final Function<R, String> text;
  private final CompletableFuture<Ticks<R>> end = new CompletableFuture<>();
  private final List<Long> times = new ArrayList<>();
  private final long begin = System.nanoTime();
  private @Nullable R last;

  /**
   * To be made right before the call.
   *
   * @param text of an event; empty if it has none
   */
  Ticks(Function<R, String> text) {
    this.text = text;
  }

  @Override
  public void onNext(R event) {
    last = event;
    if (!text.apply(event).isEmpty()) {
      times.add(System.nanoTime());
    }
  }

  @Override
  public void onError(Throwable failure) {
    end.completeExceptionally(failure);
  }

  @Override
  public void onCompleted() {
    if (times.size() < 2) {
      end.completeExceptionally(new IllegalStateException("the answer has no two pieces"));
    }
    end.complete(this);
  }

  Ticks<R> join() {
    return end.join();
  }

  /** The event that ended the answer. */
  R last() {
    return Objects.requireNonNull(last);
  }

  double firstMillis() {
    return (times.getFirst() - begin) / 1e6;
  }

  /** From one piece to the next, over the whole answer. */
  double gapMillis() {
    return (times.getLast() - times.getFirst()) / 1e6 / (times.size() - 1);
  }
}
