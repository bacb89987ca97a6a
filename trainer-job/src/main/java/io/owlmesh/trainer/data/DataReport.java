// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.data;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Samples that could not be used: how many for each reason, and the first of them. */
public final class DataReport {
  private static final int EXAMPLES = 20;

  private final Map<BadSample.Reason, Long> counts = new EnumMap<>(BadSample.Reason.class);
  private final List<String> examples = new ArrayList<>();

  /** Counts one. */
  public synchronized void add(BadSample bad) {
    counts.merge(bad.reason(), 1L, Long::sum);
    if (examples.size() < EXAMPLES) {
      examples.add(bad.reason() + ": " + bad.getMessage());
    }
  }

  /** Counts by the name of the reason; reasons that never came are left out. */
  public synchronized Map<String, Long> byReason() {
    Map<String, Long> named = new TreeMap<>();
    counts.forEach((reason, count) -> named.put(reason.name(), count));
    return named;
  }

  /** What was wrong with the first ones. */
  public synchronized List<String> examples() {
    return List.copyOf(examples);
  }
}
