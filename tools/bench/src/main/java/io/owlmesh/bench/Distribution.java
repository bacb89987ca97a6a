// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import java.util.Collection;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Values of one quantity over many requests.
 *
 * @param sorted smallest first, not empty
 */
record Distribution(List<Double> sorted) {
  static <T> Distribution of(Collection<T> items, ToDoubleFunction<T> value) {
    return new Distribution(items.stream().map(value::applyAsDouble).sorted().toList());
  }

  /** The smallest value that a share of all values does not exceed. */
  double percentile(double share) {
    int rank = (int) Math.ceil(share * sorted.size());
    return sorted.get(Math.max(0, rank - 1));
  }

  double mean() {
    return sum() / sorted.size();
  }

  double sum() {
    return sorted.stream().mapToDouble(Double::doubleValue).sum();
  }
}
