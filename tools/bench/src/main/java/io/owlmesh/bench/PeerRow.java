// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import java.util.List;
import java.util.Locale;

/**
 * One measure of this engine and of a peer, as often as each was asked in turn.
 *
 * @param what was measured, a second
 * @param ratio of the medians, this engine's by the peer's
 */
public record PeerRow(String what, List<Double> here, List<Double> peer, double ratio) {
  static PeerRow of(String what, List<Double> here, List<Double> peer) {
    List<Double> ours = here.stream().sorted().toList();
    List<Double> theirs = peer.stream().sorted().toList();
    return new PeerRow(what, ours, theirs, median(ours) / median(theirs));
  }

  private static double median(List<Double> sorted) {
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  private static String cell(List<Double> sorted) {
    return String.format(
        Locale.ROOT, "%.4g (%.4g to %.4g)", median(sorted), sorted.getFirst(), sorted.getLast());
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT, "%-44s %-26s %-26s %.2f", what, cell(here), cell(peer), ratio);
  }
}
