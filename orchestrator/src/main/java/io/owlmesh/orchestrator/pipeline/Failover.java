// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.github.resilience4j.core.IntervalFunction;
import io.grpc.Context;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.owlmesh.orchestrator.mesh.PlacedCall;
import io.owlmesh.orchestrator.mesh.Replica;
import io.owlmesh.orchestrator.mesh.ReplicaSet;
import io.owlmesh.orchestrator.mesh.StageFailure;
import io.owlmesh.orchestrator.mesh.StageKind;
import io.owlmesh.orchestrator.mesh.StageWork;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Where a piece of work of one stage goes on after it failed: on a replica that has not failed at
 * it, a few times. What may be the fault of the work itself is tried on one other replica alone;
 * refusals, and ends that the caller wanted, are final.
 */
final class Failover {
  private static final IntervalFunction PAUSE = IntervalFunction.ofExponentialRandomBackoff(100);

  private final ReplicaSet stage;
  private final int attempts;
  private final boolean sameAgain;
  private final Set<Replica> tried = new HashSet<>();
  private int failures;
  private @Nullable StageFailure last;
  private @Nullable PlacedCall suspect;
  private @Nullable StageFailure suspicion;

  /**
   * @param attempts at most, unless something was achieved between
   * @param sameAgain whether the last replica that there is may be tried again after a pause
   */
  Failover(ReplicaSet stage, int attempts, boolean sameAgain) {
    this.stage = stage;
    this.attempts = attempts;
    this.sameAgain = sameAgain;
  }

  /**
   * A place for the work.
   *
   * @throws StageFailure the last one, if there is no other replica
   * @throws io.owlmesh.core.OwlException UNAVAILABLE or SATURATED, naming the stage
   */
  PlacedCall place(StageWork work) {
    Optional<PlacedCall> other = stage.place(work, tried);
    if (other.isPresent()) {
      return other.get();
    }
    StageFailure failure = last;
    if (failure == null) {
      throw new IllegalStateException("tried without a failure");
    }
    if (!sameAgain || !failure.isTransient()) {
      throw failure;
    }
    sleep(PAUSE.apply(Math.max(failures, 1)), failure);
    return stage.place(work, Set.of()).orElseThrow(() -> failure);
  }

  static void sleep(long millis, StageFailure otherwise) {
    try {
      TimeUnit.MILLISECONDS.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw otherwise;
    }
    if (Context.current().isCancelled()) {
      throw otherwise;
    }
  }

  /**
   * The work failed there.
   *
   * @throws StageFailure the same, if it is final
   */
  void failed(PlacedCall call, StageFailure failure) {
    call.failed(failure);
    if (Context.current().isCancelled()) {
      throw failure;
    }
    switch (failure.fault().fault()) {
      case UNAVAILABLE, SATURATED -> {
        if (!failure.isDraining() && ++failures >= attempts) {
          throw failure;
        }
      }
      case INTERNAL, OTHER_WEIGHTS -> suspect(call, failure);
      case BAD_INPUT -> {
        if (failure.stage() != StageKind.ABSTRACTOR) {
          throw failure;
        }
        suspect(call, failure); // No caller makes features.
      }
      case UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, CONFLICT, BAD_CHECKPOINT, TOO_LATE, CANCELLED ->
          throw failure;
    }
    tried.add(call.replica());
    call.failedOver();
    last = failure;
    Span.current()
        .addEvent(
            "failover",
            Attributes.builder()
                .put("owl.stage", failure.stage().label())
                .put("owl.replica", call.replica().address())
                .put("owl.reason", String.valueOf(failure.getMessage()))
                .build());
  }

  private void suspect(PlacedCall call, StageFailure failure) {
    if (suspect != null) {
      throw failure;
    }
    suspect = call;
    suspicion = failure;
  }

  /** Something was achieved since the last failure: counting begins anew. */
  void progressed() {
    failures = 0;
    tried.clear();
  }

  /** The work is done: if it failed before elsewhere, it was not the work's fault. */
  void succeeded() {
    if (suspect != null && suspicion != null) {
      suspect.blame(suspicion);
    }
  }
}
