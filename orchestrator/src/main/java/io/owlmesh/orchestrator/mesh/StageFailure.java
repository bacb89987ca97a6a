// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.pipeline.AdmissionControl;
import io.owlmesh.wire.Faults;

/** A call to a stage ended badly; knows which, so that no other is blamed. */
public final class StageFailure extends RuntimeException {
  private final StageKind stage;
  private final OwlException fault;

  public StageFailure(StageKind stage, Throwable failure) {
    super(stage.label() + ": " + failure.getMessage(), failure);
    this.stage = stage;
    OwlException cause = Faults.fromStatus(failure);
    this.fault =
        cause.fault() == Fault.UNAVAILABLE
            ? new OwlException(
                Fault.UNAVAILABLE, "", "the " + stage.label() + " stage is unavailable", cause)
            : cause;
  }

  public OwlException fault() {
    return fault;
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
          case TOO_LATE -> !AdmissionControl.isDeadlineOfCaller();
          case INTERNAL,
              BAD_INPUT,
              NOT_FOUND,
              CONFLICT,
              OTHER_WEIGHTS,
              BAD_CHECKPOINT,
              SATURATED,
              CANCELLED ->
              false;
        };
  }

  /** Whether the same work may succeed if tried again. */
  public boolean isTransient() {
    return fault.fault() == Fault.UNAVAILABLE;
  }
}
