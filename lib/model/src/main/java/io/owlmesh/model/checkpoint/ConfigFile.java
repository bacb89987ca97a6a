// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.family.CheckpointFiles;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.family.ModelFamilies;
import io.owlmesh.model.family.ModelFamily;
import io.owlmesh.model.json.JsonFields;
import io.owlmesh.model.json.Problems;
import io.owlmesh.model.json.StrictJson;
import io.owlmesh.model.weights.TensorEntry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * config.json, whose {@code model_type} decides which family reads it, with
 * preprocessor_config.json and generation_config.json if they are there.
 */
final class ConfigFile {
  private final Path folder;
  private final Problems problems;
  private final JsonFields root;
  private final ModelFamily family;

  private ConfigFile(Path folder, Problems problems) {
    this.folder = folder;
    this.problems = problems;
    this.root = fields("config.json", true);
    this.family = family();
  }

  /**
   * Opens the configuration of a folder; adds a problem, and goes on as if all were the defaults,
   * if it cannot be read or is of no known family.
   */
  static ConfigFile open(Path folder, Problems problems) {
    return new ConfigFile(folder, problems);
  }

  private ModelFamily family() {
    Optional<String> type = root.text("model_type");
    List<String> architectures = new ArrayList<>();
    root.raw("architectures").forEach(name -> architectures.add(name.asText()));
    Optional<ModelFamily> family = ModelFamilies.of(type, architectures);
    root.require(
        family.isPresent(),
        "%s is '%s'; served are model_type %s"
            .formatted(
                type.isPresent() ? "model_type" : "architectures",
                type.orElse(String.join(", ", architectures)),
                String.join(", ", ModelFamilies.modelTypes())));
    return family
        .or(() -> ModelFamilies.of(Optional.empty(), List.of()))
        .orElseThrow(() -> new IllegalStateException("no model family is on the class path"));
  }

  private JsonFields fields(String name, boolean required) {
    return new JsonFields(name, object(name, required), problems);
  }

  private JsonNode object(String name, boolean required) {
    Path file = folder.resolve(name);
    if (Files.exists(file)) {
      try {
        return StrictJson.object(file);
      } catch (OwlException e) {
        problems.add(e);
      }
    } else if (required) {
      problems.add(name, "missing");
    }
    return MissingNode.getInstance();
  }

  /** The family, by which names in files are read. */
  ModelFamily modelFamily() {
    return family;
  }

  /** The configuration; meaningless where it added problems. */
  ModelConfig read(Map<String, TensorEntry> tensors) {
    Map<String, List<Long>> shapes = new TreeMap<>();
    tensors.forEach((name, entry) -> shapes.put(name, entry.shape()));
    return family.read(
        new CheckpointFiles(
            root,
            fields("generation_config.json", false),
            fields("preprocessor_config.json", false),
            shapes));
  }
}
