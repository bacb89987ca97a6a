// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

/** Waits until something has happened so often: the moment at which the front door is killed. */
final class Trap {
  private final Moment moment;
  private final int times;
  private final AtomicInteger left;
  private final CompletableFuture<Void> sprung = new CompletableFuture<>();

  /** What clients do and hear. */
  enum Moment {
    /** A piece of an image was sent. */
    UPLOADING,
    /** A turn was accepted. */
    ACCEPTED,
    /** Some text of an answer came. */
    TEXT,
    /** The end of an answer came. */
    DONE,
    /** A session was begun, renamed, rated or deleted. */
    OTHER
  }

  Trap(Moment moment, int times) {
    this.moment = moment;
    this.times = times;
    this.left = new AtomicInteger(times);
  }

  void hit(Moment happened) {
    if (happened == moment && left.decrementAndGet() == 0) {
      sprung.complete(null);
    }
  }

  boolean isSprung() {
    return sprung.isDone();
  }

  CompletableFuture<Void> sprung() {
    return sprung;
  }

  @Override
  public String toString() {
    return times + " x " + moment;
  }
}
