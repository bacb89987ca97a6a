// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family;

import java.util.List;
import java.util.Map;

/**
 * What a family reads a configuration from.
 *
 * @param tensors shapes by canonical name; released configurations disagree with their weights,
 *     which decide
 */
public record CheckpointFiles(
    ConfigReader config,
    ConfigReader generation,
    ConfigReader preprocessor,
    Map<String, List<Long>> tensors) {
  /** The size of an axis of a tensor if that is plausible, else what the configuration says. */
  public int size(String tensor, int axis, int configured, int most) {
    List<Long> shape = tensors.get(tensor);
    if (shape == null || shape.size() <= axis) {
      return configured;
    }
    long size = shape.get(axis);
    return size >= 1 && size <= most ? (int) size : configured;
  }
}
