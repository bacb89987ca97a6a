// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/** Keeps the ids of the largest values; of equal ones the smaller id. */
public final class TopK {
  private record Entry(int id, float value) {}

  // The least of those kept comes first.
  private final PriorityQueue<Entry> kept =
      new PriorityQueue<>(
          Comparator.comparingDouble(Entry::value)
              .thenComparing(Comparator.comparingInt(Entry::id).reversed()));
  private final int size;

  /**
   * @param size ids to keep
   */
  public TopK(int size) {
    this.size = size;
  }

  /** Takes the next id, in ascending order. */
  public void offer(int id, float value) {
    if (kept.size() < size) {
      kept.add(new Entry(id, value));
    } else if (size > 0 && value > kept.element().value) {
      kept.remove();
      kept.add(new Entry(id, value));
    }
  }

  /** The ids kept, largest value first. Empties it. */
  public List<Integer> ids() {
    List<Integer> ids = new ArrayList<>();
    while (!kept.isEmpty()) {
      ids.addFirst(kept.remove().id);
    }
    return ids;
  }
}
