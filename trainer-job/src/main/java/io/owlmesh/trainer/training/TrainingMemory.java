// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.training;

import io.owlmesh.core.DType;
import io.owlmesh.model.checkpoint.ExpectedTensors;
import io.owlmesh.model.family.ModelConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;

/**
 * What one worker of a stage holds besides activations, bytes.
 *
 * @param frozen weights that do not learn, in the type they compute in
 * @param learning weights that learn, float32
 * @param gradients of those, float32
 * @param moments of the optimizer, two float32 for each number of the worker's share, on average
 * @param exchange gradients on their way, at most: one copy a level of the tree that a worker adds,
 *     and what others give
 */
public record TrainingMemory(
    long frozen, long learning, long gradients, long moments, long exchange) {
  /**
   * Of a stage without a LoRA.
   *
   * @param computes type of frozen weights
   * @param shards of a step
   */
  public static TrainingMemory of(
      ModelConfig config, Trainables trainables, DType computes, int workers, int shards) {
    SortedMap<String, List<Long>> shapes = ExpectedTensors.of(config).all();
    long frozen = 0;
    long learning = 0;
    for (TensorOrder.Slot slot : new TensorOrder(config).slots()) {
      long elements = ExpectedTensors.elements(shapes.getOrDefault(slot.name(), List.of()));
      if (trainables.contains(config, slot.name())) {
        learning += elements;
      } else {
        frozen += elements * (slot.float32() ? DType.FLOAT32 : computes).bytes();
      }
    }
    long numbers = learning * Float.BYTES;
    int own = Math.ceilDiv(shards, workers);
    int levels = Integer.SIZE - Integer.numberOfLeadingZeros(own);
    return new TrainingMemory(
        frozen, numbers, numbers, 2 * numbers / workers, shards == 1 ? 0 : (levels + 1) * numbers);
  }

  /** All of it. */
  public long bytes() {
    return frozen + learning + gradients + moments + exchange;
  }

  /** For people: GiB of each part, and of all. */
  public List<Double> gibibytes() {
    List<Double> parts = new ArrayList<>();
    for (long part : List.of(frozen, learning, gradients, moments, exchange, bytes())) {
      parts.add(part / (double) (1 << 30));
    }
    return parts;
  }
}
