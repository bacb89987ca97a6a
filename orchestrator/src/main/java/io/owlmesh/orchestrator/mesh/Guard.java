// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.bulkhead.BulkheadFullException;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.owlmesh.core.ErrorCode;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * Stands before one stage: a bulkhead bounds the calls in it, a breaker ends calls at once while
 * the stage is failing. Retrying is the caller's, outside of both, so that the breaker sees every
 * try.
 */
public final class Guard {
  private static final Duration OPEN = Duration.ofSeconds(2);

  private final StageKind stage;
  private final CircuitBreaker breaker;
  private final Bulkhead bulkhead;

  public Guard(StageKind stage, int maxCalls) {
    this.stage = stage;
    this.breaker =
        CircuitBreaker.of(
            stage.label(),
            CircuitBreakerConfig.custom()
                .slidingWindowSize(20)
                .minimumNumberOfCalls(5)
                .failureRateThreshold(50)
                .waitDurationInOpenState(OPEN)
                .permittedNumberOfCallsInHalfOpenState(2)
                .recordException(e -> e instanceof StageFailure failure && failure.isOutage(stage))
                .build());
    this.bulkhead =
        Bulkhead.of(
            stage.label(),
            BulkheadConfig.custom()
                .maxConcurrentCalls(maxCalls)
                .maxWaitDuration(Duration.ZERO)
                .build());
  }

  /** Runs a call to the stage, blocking. */
  public <T> T call(Supplier<T> work) {
    Supplier<T> guarded =
        CircuitBreaker.decorateSupplier(breaker, Bulkhead.decorateSupplier(bulkhead, work));
    try {
      return guarded.get();
    } catch (CallNotPermittedException e) {
      throw new OwlException(
          ErrorCode.STAGE_UNAVAILABLE,
          stage.label(),
          "the stage keeps failing; calls to it pause for %d s".formatted(OPEN.toSeconds()),
          e);
    } catch (BulkheadFullException e) {
      throw new OwlException(Fault.SATURATED, stage.label(), "too many calls to the stage", e);
    }
  }
}
