// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.training;

import io.owlmesh.core.HostTensor;
import io.owlmesh.trainer.data.EncodedSample;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Samples B padded to the longest of them, T positions, as the training program takes them. Padding
 * follows a sequence, and attention is causal, so it changes nothing before it.
 */
public final class Batch {
  private final int size;
  private final int length;
  private final long[] ids;
  private final long[] places;
  private final long[] at;
  private final long[] targets;
  private final List<HostTensor> pixels;

  /**
   * @param samples at least one
   */
  public Batch(List<EncodedSample> samples) {
    size = samples.size();
    length = samples.stream().mapToInt(EncodedSample::length).max().orElseThrow();
    ids = new long[size * length];
    long[] visual = new long[ids.length];
    long[] predicting = new long[ids.length];
    long[] predicted = new long[ids.length];
    int visuals = 0;
    int trained = 0;
    for (int b = 0; b < size; b++) {
      EncodedSample sample = samples.get(b);
      for (int t = 0; t < sample.length(); t++) {
        int here = b * length + t;
        ids[here] = sample.id(t);
        if (sample.id(t) < 0) {
          visual[visuals++] = here;
        } else if (sample.trained(t)) {
          predicting[trained] = here - 1L;
          predicted[trained++] = sample.id(t);
        }
      }
    }
    places = Arrays.copyOf(visual, visuals);
    at = Arrays.copyOf(predicting, trained);
    targets = Arrays.copyOf(predicted, trained);
    pixels = samples.stream().flatMap(s -> s.pixels().stream()).toList();
  }

  /**
   * Shares samples out over batches of at most so many positions, padding included, samples of
   * similar length together.
   *
   * @param positions of one batch, at least those of the longest sample
   */
  public static List<Batch> split(List<EncodedSample> samples, int positions) {
    List<EncodedSample> sorted = new ArrayList<>(samples);
    sorted.sort((a, b) -> Integer.compare(b.length(), a.length()));
    List<Batch> batches = new ArrayList<>();
    int from = 0;
    while (from < sorted.size()) {
      int longest = sorted.get(from).length();
      int to = Math.min(sorted.size(), from + Math.max(1, positions / longest));
      batches.add(new Batch(sorted.subList(from, to)));
      from = to;
    }
    return batches;
  }

  /** Samples B. */
  int size() {
    return size;
  }

  /** Positions T of each. */
  int length() {
    return length;
  }

  /** [B T]: tokens, negative at visual positions, 0 behind the end. */
  long[] ids() {
    return ids.clone();
  }

  /** Positions in [B T] of visual tokens. */
  long[] places() {
    return places.clone();
  }

  /** Positions in [B T] that predict. */
  long[] at() {
    return at.clone();
  }

  /** What they should predict. */
  long[] targets() {
    return targets.clone();
  }

  /** float32 [3, S, S] of every image. */
  List<HostTensor> pixels() {
    return pixels;
  }

  /** How many tokens are learnt. */
  public int targetCount() {
    return targets.length;
  }

  /** Positions computed, padding included. */
  public int positions() {
    return ids.length;
  }

  /** Positions that hold a sample. */
  public int filled() {
    return (int) IntStream.range(0, ids.length).filter(i -> ids[i] != 0).count();
  }
}
