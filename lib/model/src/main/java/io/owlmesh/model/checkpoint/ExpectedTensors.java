// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.checkpoint;

import io.owlmesh.model.family.ModelConfig;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Every tensor that a model of given dimensions has, with its shape. Linear weights are [out, in].
 */
public final class ExpectedTensors {
  private final SortedMap<String, List<Long>> all = new TreeMap<>();
  private final Map<Part, SortedMap<String, List<Long>>> parts = new EnumMap<>(Part.class);

  private final Set<String> tied;

  private ExpectedTensors(ModelConfig config) {
    tied = config.tiedTensors().keySet();
    for (Part part : Part.values()) {
      SortedMap<String, List<Long>> shapes = part.network(config).weights().shapes();
      parts.put(part, shapes);
      all.putAll(shapes);
    }
  }

  public static ExpectedTensors of(ModelConfig config) {
    return new ExpectedTensors(config);
  }

  /** Canonical names and shapes of all parts. */
  public SortedMap<String, List<Long>> all() {
    return Collections.unmodifiableSortedMap(all);
  }

  /** Those that files hold: all but the ones that others stand in for. */
  public SortedMap<String, List<Long>> stored() {
    SortedMap<String, List<Long>> stored = new TreeMap<>(all);
    stored.keySet().removeAll(tied);
    return stored;
  }

  /** How many numbers files hold. */
  public long storedParameters() {
    return parameters(stored());
  }

  /** Canonical names and shapes of one part. */
  public SortedMap<String, List<Long>> of(Part part) {
    return Collections.unmodifiableSortedMap(parts.getOrDefault(part, new TreeMap<>()));
  }

  /** How many numbers the whole model has. */
  public long parameters() {
    return parameters(all);
  }

  /** How many numbers one part has. */
  public long parameters(Part part) {
    return parameters(of(part));
  }

  private static long parameters(SortedMap<String, List<Long>> shapes) {
    return shapes.values().stream().mapToLong(ExpectedTensors::elements).sum();
  }

  public static long elements(List<Long> shape) {
    return shape.stream().reduce(1L, Math::multiplyExact);
  }
}
