// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family;

import io.owlmesh.model.json.ConfigReader;
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
  /**
   * The id that begins a sequence.
   *
   * @param language keys of the language model
   */
  public int begin(ConfigReader language, int absent, int vocabulary) {
    String key = "bos_token_id";
    ConfigReader source = language.isPresent(key) ? language : generation;
    return source.number(key, Math.min(absent, vocabulary - 1), 0, vocabulary - 1);
  }

  /**
   * The id that ends an answer. Where generation_config.json names one, that counts, as it does in
   * transformers.
   *
   * @param language keys of the language model
   */
  public int end(ConfigReader language, int absent, int vocabulary) {
    String key = "eos_token_id";
    int configured = language.number(key, Math.min(absent, vocabulary - 1), 0, vocabulary - 1);
    return generation.number(key, configured, 0, vocabulary - 1);
  }

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
