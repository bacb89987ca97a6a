// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.placement;

/** How much work a replica was given lately, seconds of it a second: an exponential mean. */
public final class Busyness {
  /** Of what was given so long ago, 1/e counts. */
  static final double SECONDS = 5;

  private double work;
  private double at;

  /**
   * It is given work.
   *
   * @param now in seconds, of any clock that only goes on
   * @param seconds that the work takes, about
   */
  public synchronized void add(double now, double seconds) {
    work = left(now) + seconds;
    at = now;
  }

  /** The share of its time that it is busy, 0 to 1. */
  public synchronized double share(double now) {
    return Math.min(left(now) / SECONDS, 1);
  }

  private double left(double now) {
    return work * Math.exp(Math.min(at - now, 0) / SECONDS);
  }
}
