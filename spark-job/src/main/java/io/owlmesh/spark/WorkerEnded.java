// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.spark;

/** A worker's process ended, and not well. The driver is sent it by Spark. */
final class WorkerEnded extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** The exit code of a worker whose group broke: of {@code sysexits.h}, try again. */
  static final int TEMPORARY = 75;

  /** Above it, a process was ended by a signal, its own crash among them. */
  private static final int SIGNALLED = 128;

  private final int rank;
  private final int code;

  /**
   * @param why the last lines that it wrote to standard error
   */
  WorkerEnded(int rank, int code, String host, String why) {
    super(
        "Worker %d on %s ended with code %d%s"
            .formatted(rank, host, code, why.isBlank() ? "" : ":\n" + why.strip()));
    this.rank = rank;
    this.code = code;
  }

  int rank() {
    return rank;
  }

  int code() {
    return code;
  }

  /** Whether it only noticed that another one was gone, or was told to stop. */
  boolean isTemporary() {
    return code == TEMPORARY;
  }

  /** Whether all may go on from the saved state: not if what ended it would end it again. */
  boolean isWorthTrying() {
    return isTemporary() || code > SIGNALLED;
  }
}
