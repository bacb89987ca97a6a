// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family;

import io.owlmesh.model.json.ConfigReader;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A family of vision-language models, found by the {@code model_type} of config.json. It is all
 * data and text: the networks that it describes are run by the classes of vision, abstractor and
 * language, which are the same for every family.
 *
 * <p>To add one, implement this interface and name the class in {@code
 * META-INF/services/io.owlmesh.model.family.ModelFamily}; its chat template, under a name of its
 * own, in {@code META-INF/services/io.owlmesh.model.text.ChatTemplate}.
 */
public interface ModelFamily {
  /** The {@code model_type} that its checkpoints have. */
  String modelType();

  /** Others that it reads in the same way. */
  default List<String> otherModelTypes() {
    return List.of();
  }

  /** The {@code architectures} that it reads where config.json names no {@code model_type}. */
  default List<String> architectures() {
    return List.of();
  }

  /** Whether it reads a config.json that names neither. */
  default boolean readsUnnamed() {
    return false;
  }

  /**
   * The canonical name of a tensor found in a file; empty for what no model needs. What PEFT adds
   * to names is gone already.
   */
  default Optional<String> canonical(String name) {
    return Optional.of(name);
  }

  /**
   * Who names a tensor so, where several do in different ways; names of two in one checkpoint are
   * refused. Empty for names that tell nothing.
   */
  default Optional<String> naming(String name) {
    return Optional.empty();
  }

  /**
   * The folder that the vision tower lies in where it is not among the weights, as config.json
   * names it.
   *
   * @param tensors canonical names of what is among the weights
   */
  default Optional<String> towerFolder(ConfigReader config, Set<String> tensors) {
    return Optional.empty();
  }

  /** Reads a configuration; meaningless where that added problems. */
  ModelConfig read(CheckpointFiles files);

  /** Models of known sizes to make random checkpoints of, by name. */
  default Map<String, ModelConfig> presets() {
    return Map.of();
  }
}
