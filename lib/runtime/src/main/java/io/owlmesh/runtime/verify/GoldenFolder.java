// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.verify;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.checkpoint.AdapterFile;
import io.owlmesh.model.weights.SafetensorsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A folder of golden values. */
final class GoldenFolder {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final double USUAL_ALLOWANCE = 3e-2;

  private final Path folder;

  GoldenFolder(Path folder) {
    this.folder = folder;
  }

  /** {@code NAME@SIZE} -> uint8 [SIZE, SIZE, 3]. */
  SortedMap<String, HostTensor> pixels() {
    return SafetensorsFile.load(folder.resolve("pixels.safetensors"));
  }

  /** The same pictures with a frame; empty where the folder has none. */
  SortedMap<String, HostTensor> paddedPixels() {
    Path file = folder.resolve("pixels-pad.safetensors");
    return Files.exists(file) ? SafetensorsFile.load(file) : new TreeMap<>();
  }

  /**
   * Error that bfloat16 may have of a check, of the norm of what is expected: 1.3 times that of the
   * reference, or 3e-2 where the folder does not say.
   */
  double allowance(String check) {
    Path file = folder.resolve("bfloat16.json");
    if (!Files.exists(file)) {
      return USUAL_ALLOWANCE;
    }
    JsonNode all = json("bfloat16.json", new TypeReference<JsonNode>() {});
    return all.path("allowed").path(check).asDouble(USUAL_ALLOWANCE);
  }

  /**
   * {@code pixel_values/NAME} [3, S, S], {@code features/NAME} [N, D], {@code visual_tokens/NAME}
   * [T, H] and {@code logits/CASE} [L, V].
   */
  SortedMap<String, HostTensor> forward() {
    return SafetensorsFile.load(folder.resolve("forward.safetensors"));
  }

  List<GoldenCase> cases() {
    return json("forward.json", new TypeReference<>() {});
  }

  List<GoldenText> texts() {
    return json("tokens.json", new TypeReference<>() {});
  }

  private <T> T json(String name, TypeReference<T> type) {
    try {
      return JSON.readValue(folder.resolve(name).toFile(), type);
    } catch (IOException e) {
      throw OwlException.badInput("golden", folder.resolve(name) + ": " + e.getMessage());
    }
  }

  byte[] image(String name) {
    Path file = folder.resolve("images").resolve(name);
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw OwlException.badInput("golden", file + " cannot be read: " + e.getMessage());
    }
  }

  List<Path> checkpoints() {
    return folders("checkpoints");
  }

  List<AdapterFile> adapters() {
    return folders("adapters").stream().map(AdapterFile::open).toList();
  }

  private List<Path> folders(String name) {
    Path parent = folder.resolve(name);
    if (!Files.isDirectory(parent)) {
      return List.of();
    }
    try (Stream<Path> children = Files.list(parent)) {
      return children.filter(Files::isDirectory).sorted().toList();
    } catch (IOException e) {
      throw OwlException.badInput("golden", parent + " cannot be read: " + e.getMessage());
    }
  }
}
