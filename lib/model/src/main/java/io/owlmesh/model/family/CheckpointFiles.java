// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a family reads a configuration from.
 *
 * @param tower config.json of the folder that holds the vision tower; without keys if there is none
 * @param preprocessor how pictures are prepared; of several files that say so, the first
 * @param namings whose names of tensors the weights have, as {@link ModelFamily#naming} tells
 * @param tensors shapes by canonical name; released configurations disagree with their weights,
 *     which decide
 */
public record CheckpointFiles(
    ConfigReader config,
    ConfigReader tower,
    ConfigReader generation,
    ConfigReader preprocessor,
    Set<String> namings,
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
