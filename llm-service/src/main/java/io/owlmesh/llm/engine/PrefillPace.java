// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import io.owlmesh.core.OwlException;

/**
 * How many positions of prompts a step may read beside answers that are being written, so that
 * these wait for their next tokens at most so many times as long as without it. Learns from the
 * times of steps: of those that only write, by how many answers there are, and what a position that
 * is read adds to them. Used by one thread.
 */
final class PrefillPace {
  // A new time counts for so much.
  private static final double WEIGHT = 0.2;
  // A prompt is read, however slowly.
  private static final int LEAST = BlockManager.SIZE;
  private static final int MOST = 1000;
  private static final int SIZES = Integer.SIZE;

  private final double slowdown;
  // Of steps that write about 1, 2, 4, ... answers; 0: none was seen yet.
  private final double[] writing = new double[SIZES];
  private double reading;

  /**
   * @param slowdown times as long as alone that a step may take; 0 for any
   * @throws OwlException BAD_INPUT unless it is 0 or from 1 to 1000
   */
  PrefillPace(double slowdown) {
    if (slowdown != 0 && !(slowdown >= 1 && slowdown <= MOST)) {
      throw OwlException.badInput(
          "OWL_DECODE_SLOWDOWN", slowdown + ", allowed is 0 or 1 to " + MOST);
    }
    this.slowdown = slowdown;
  }

  /**
   * A step wrote so many tokens, read so many positions of prompts, and took so long.
   *
   * @param written answers that were being written
   */
  void add(int written, int read, long nanos) {
    if (read == 0) {
      int size = size(written);
      writing[size] = mixed(writing[size], (double) nanos);
    } else {
      // Weights are read once, for all rows of a step.
      double base = alone(Math.max(1, written));
      reading = mixed(reading, Math.max(0, nanos - base) / read);
    }
  }

  /** Positions that a step may read at most beside so many answers. */
  int most(int written) {
    double alone = alone(written);
    if (slowdown == 0 || written == 0 || alone == 0 || reading == 0) {
      return Integer.MAX_VALUE;
    }
    return (int) Math.clamp((slowdown - 1) * alone / reading, LEAST, Integer.MAX_VALUE);
  }

  /** The time of a step that only writes, of the nearest number of answers; 0 if none is known. */
  private double alone(int written) {
    int size = size(written);
    for (int far = 0; far < SIZES; far++) {
      if (size - far >= 0 && writing[size - far] > 0) {
        return writing[size - far];
      }
      if (size + far < SIZES && writing[size + far] > 0) {
        return writing[size + far];
      }
    }
    return 0;
  }

  private static int size(int written) {
    return SIZES - 1 - Integer.numberOfLeadingZeros(Math.max(1, written));
  }

  private static double mixed(double before, double now) {
    return before == 0 ? now : (1 - WEIGHT) * before + WEIGHT * now;
  }
}
