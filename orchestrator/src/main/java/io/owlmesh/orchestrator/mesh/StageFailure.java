// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import io.grpc.Context;
import io.owlmesh.core.ErrorCode;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.wire.Faults;
import java.time.Duration;

/** A call to a stage ended badly; knows which, so that no other is blamed. */
public final class StageFailure extends RuntimeException {
  private final StageKind stage;
  private final OwlException fault;

  public StageFailure(StageKind stage, Throwable failure) {
    this(stage, failure, fault(stage, ownFault(failure)));
  }

  /** Whoever cancels is we, or the other end: then it reset the call. */
  private static OwlException ownFault(Throwable failure) {
    OwlException fault = Faults.fromStatus(failure);
    return fault.fault() == Fault.CANCELLED && !Context.current().isCancelled()
        ? new OwlException(Fault.UNAVAILABLE, "", "the call was reset", fault)
        : fault;
  }

  private StageFailure(StageKind stage, Throwable failure, OwlException fault) {
    super(stage.label() + ": " + failure.getMessage(), failure);
    this.stage = stage;
    this.fault = fault;
  }

  /** A stage that was given a time by us, and did nothing in it. */
  public static StageFailure silent(StageKind stage, String what, Duration time) {
    OwlException fault =
        new OwlException(
            ErrorCode.STAGE_UNAVAILABLE,
            stage.label(),
            "the stage sent no %s for %s s".formatted(what, time.toMillis() / 1e3));
    return new StageFailure(stage, fault, fault);
  }

  /** Of the vision stage, whose features another stage refuses. */
  public static StageFailure unusable(StageFailure refusal) {
    OwlException fault =
        new OwlException(
            Fault.INTERNAL,
            StageKind.VISION.label(),
            "what the stage made was refused: " + refusal.fault().getMessage(),
            refusal);
    return new StageFailure(StageKind.VISION, fault, fault);
  }

  /** Whether the stage found fault with what it was sent. */
  public boolean isRefusal() {
    return fault.fault() == Fault.BAD_INPUT;
  }

  /** Of calls in a replica that answers to nothing. */
  static StageFailure lost(StageKind stage, String why) {
    OwlException cause = new OwlException(Fault.UNAVAILABLE, "", why);
    return new StageFailure(stage, cause, fault(stage, cause));
  }

  /** What callers hear: they know neither the stages' addresses nor how they are called. */
  private static OwlException fault(StageKind stage, OwlException cause) {
    return switch (cause.fault()) {
      // That a stage does not let this service in is no fault of the caller.
      case UNAVAILABLE, UNAUTHENTICATED, FORBIDDEN ->
          new OwlException(
              ErrorCode.STAGE_UNAVAILABLE, stage.label(), "the stage is unavailable", cause);
      case TOO_LATE ->
          new OwlException(
              Fault.TOO_LATE, stage.label(), "the time for the answer ended in the stage", cause);
      default -> cause;
    };
  }

  public OwlException fault() {
    return fault;
  }

  public StageKind stage() {
    return stage;
  }

  /** Whether the replica takes no new work, or ends what it has, because it is about to stop. */
  public boolean isDraining() {
    Throwable cause = getCause();
    return fault.fault() == Fault.UNAVAILABLE
        && cause != null
        && Faults.fromStatus(cause).sentence().startsWith("draining");
  }

  /** Whether a stage refused, or failed at, what it was asked: it is there, then. */
  boolean isAnswer(StageKind of) {
    return stage == of
        && fault.fault() != Fault.CANCELLED
        && fault.fault() != Fault.TOO_LATE
        && fault.fault() != Fault.UNAVAILABLE;
  }

  /**
   * Whether this stage is out of order, whatever it is asked. A stage that answers is not, not even
   * with INTERNAL: else one request that meets a defect of it would take it away from all others.
   * Nor is one that a caller gave too little time.
   */
  boolean isOutage(StageKind of) {
    return stage == of
        && switch (fault.fault()) {
          case UNAVAILABLE -> true;
          case TOO_LATE -> !AnswerDeadline.isOfCaller();
          case INTERNAL,
              BAD_INPUT,
              UNAUTHENTICATED,
              FORBIDDEN,
              NOT_FOUND,
              CONFLICT,
              OTHER_WEIGHTS,
              BAD_CHECKPOINT,
              SATURATED,
              CANCELLED ->
              false;
        };
  }

  /** Whether the same work may succeed if tried again; not that of a stage that hangs. */
  public boolean isTransient() {
    return fault.fault() == Fault.UNAVAILABLE && fault != getCause();
  }
}
