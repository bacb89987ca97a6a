// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.data;

import io.owlmesh.core.OwlException;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Several data sets drawn from by weight. Every draw is a function of the seed and its number
 * alone, so a job goes on from any step without a position to save. Within a data set an epoch's
 * draws are a permutation: none comes twice before all came once. Safe for use by several threads.
 */
public final class Mixture {
  // A data set of which so many in a row are unusable is not worth reading on.
  private static final int ATTEMPTS = 1000;
  private static final int CYCLE = 4096;

  private final List<Part> parts;
  private final long seed;
  // Draws repeat in cycles: for each place of one, whose turn it is and how many turns of the same
  // part came before.
  private final int[] turns = new int[CYCLE];
  private final int[] ranks = new int[CYCLE];
  private final int[] counts;
  private final DataReport report = new DataReport();

  /**
   * A data set of the mixture.
   *
   * @param weight share of the draws, relative to the other parts
   */
  public record Part(String name, SampleSource source, double weight) {}

  public Mixture(List<Part> parts, long seed) {
    this.parts = List.copyOf(parts);
    this.seed = seed;
    this.counts = new int[parts.size()];
    double all = parts.stream().mapToDouble(Part::weight).sum();
    for (int i = 0; i < CYCLE; i++) {
      turns[i] = turn(i, all);
      ranks[i] = counts[turns[i]]++;
    }
  }

  /**
   * Multiples of the golden ratio spread evenly, so any stretch of draws has the shares asked for.
   */
  private int turn(int place, double all) {
    double at = place * 0.6180339887498949 % 1.0 * all;
    for (int i = 0; i < parts.size() - 1; i++) {
      at -= parts.get(i).weight();
      if (at < 0) {
        return i;
      }
    }
    return parts.size() - 1;
  }

  /**
   * The sample of a draw, encoded. One that cannot be used is counted, and another of the same data
   * set taken.
   *
   * @throws OwlException BAD_INPUT if the data set has nothing but such samples
   */
  EncodedSample draw(long number, SampleEncoder encoder) {
    int which = turns[(int) (number % CYCLE)];
    Part part = parts.get(which);
    RandomGenerator random = new SplittableRandom(mix(seed, number));
    BadSample last = null;
    long position = position(which, number);
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        return encoder.encode(part.source().read(index(part, which, position)), random);
      } catch (BadSample e) {
        report.add(e);
        last = e;
        position = (mix(position, attempt + 1L) & Long.MAX_VALUE) >>> 16;
      }
    }
    throw OwlException.badInput(
        "data",
        "%s: %d samples in a row cannot be used, the last: %s"
            .formatted(part.name(), ATTEMPTS, last == null ? "" : last.getMessage()));
  }

  private long position(int which, long number) {
    return number / CYCLE * counts[which] + ranks[(int) (number % CYCLE)];
  }

  private int index(Part part, int which, long position) {
    int size = part.source().size();
    long epoch = position / size;
    return Permutation.apply((int) (position % size), size, mix(seed * 31 + which, epoch));
  }

  static long mix(long a, long b) {
    long z = a * 0x9E3779B97F4A7C15L + b * 0xBF58476D1CE4E5B9L + 0x94D049BB133111EBL;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** What could not be used so far. */
  public DataReport report() {
    return report;
  }
}
