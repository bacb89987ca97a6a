// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.family.CheckpointFiles;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.family.ModelFamilies;
import io.owlmesh.model.family.ModelFamily;
import io.owlmesh.model.json.ConfigReader;
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
import java.util.Set;
import java.util.TreeMap;

/**
 * config.json, whose {@code model_type} decides which family reads it, with
 * preprocessor_config.json, processor_config.json and generation_config.json if they are there, and
 * those of the folder of the vision tower if it has one.
 */
final class ConfigFile {
  private static final String CONFIG = "config.json";

  private final Path folder;
  private final Problems problems;
  private final JsonNode node;
  private final JsonFields root;
  private final ModelFamily family;
  private final boolean known;

  private ConfigFile(Path folder, Problems problems) {
    this.folder = folder;
    this.problems = problems;
    int before = problems.size();
    this.node = object(folder, CONFIG, true);
    this.root = new JsonFields(CONFIG, node, problems);
    this.family = family();
    this.known = problems.size() == before;
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

  private JsonNode object(Path in, String name, boolean required) {
    Path file = in.resolve(name);
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

  /** Whether there is a configuration of a family that is served. */
  boolean isKnown() {
    return known;
  }

  /** The family, by which names in files are read. */
  ModelFamily modelFamily() {
    return family;
  }

  /** What config.json holds. */
  ConfigReader root() {
    return root;
  }

  /**
   * The configuration; meaningless where it added problems, and where {@link #isKnown} is false or
   * names are of several ways: what would be found then follows from that alone, and is not added.
   *
   * @param tower folder of the vision tower where that is not in this one
   */
  ModelConfig read(Map<String, TensorEntry> tensors, Set<String> namings, Optional<Path> tower) {
    Map<String, List<Long>> shapes = new TreeMap<>();
    tensors.forEach((name, entry) -> shapes.put(name, entry.shape()));
    JsonNode towerConfig =
        tower.map(path -> object(path, CONFIG, true)).orElseGet(MissingNode::getInstance);
    String generation = "generation_config.json";
    JsonNode generationConfig = object(folder, generation, false);
    Problems found = known && namings.size() < 2 ? problems : new Problems();
    JsonFields config = new JsonFields(CONFIG, node, found);
    for (JsonNode quantized : List.of(node, node.path("text_config"))) {
      JsonNode quantization = quantized.path("quantization_config");
      config.require(
          quantization.isMissingNode() || quantization.isNull(),
          "quantization_config of '%s'; weights that are quantized already are not served"
              .formatted(quantization.path("quant_method").asText("")));
    }
    return family.read(
        new CheckpointFiles(
            config,
            new JsonFields("config.json of the vision tower", towerConfig, found),
            new JsonFields(generation, generationConfig, found),
            preprocessor(tower, found),
            namings,
            shapes));
  }

  /** Newer folders keep it in a file of several processors, separate towers beside the tower. */
  private JsonFields preprocessor(Optional<Path> tower, Problems found) {
    String own = "preprocessor_config.json";
    JsonNode read = object(folder, own, false);
    if (read.isMissingNode()) {
      String all = "processor_config.json";
      JsonNode within = object(folder, all, false).path("image_processor");
      if (within.isObject()) {
        return new JsonFields(all, within, found);
      }
      read = tower.map(path -> object(path, own, false)).orElse(read);
    }
    return new JsonFields(own, read, found);
  }
}
