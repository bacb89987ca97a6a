// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.language;

import java.util.ArrayList;
import java.util.List;

/**
 * A position that a step computes.
 *
 * @param index in its segment
 */
record SegmentRow(Segment segment, int index) {
  /** The rows of a step, in order. */
  static List<SegmentRow> of(List<Segment> segments) {
    List<SegmentRow> rows = new ArrayList<>();
    for (Segment segment : segments) {
      for (int i = 0; i < segment.rows(); i++) {
        rows.add(new SegmentRow(segment, i));
      }
    }
    return rows;
  }

  int id() {
    return segment.id(index);
  }

  int position() {
    return segment.first() + index;
  }

  int slot() {
    return segment.slot(index);
  }

  /** Whether its logits are wanted. */
  boolean isWanted() {
    return segment.wants(index);
  }

  /** Stretches of the cache that it attends to, as pairs of first slot and length. */
  int[] stretches() {
    return segment.upTo(index);
  }
}
