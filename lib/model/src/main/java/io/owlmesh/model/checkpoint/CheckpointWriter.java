// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.checkpoint;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.core.DType;
import io.owlmesh.core.FileTree;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.json.StrictJson;
import io.owlmesh.model.weights.SafetensorsWriter;
import io.owlmesh.model.weights.SafetensorsWriter.Announced;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Writes a checkpoint in the layout of Hugging Face: configurations, tokeniser, and one
 * model.safetensors, or shards of 5 GB at most with an index. It appears whole or not at all.
 */
public final class CheckpointWriter {
  private static final long MAX_SHARD = 5_000_000_000L;

  private static final String TOKENIZER_CONFIG =
      """
      {
        "tokenizer_class": "LlamaTokenizer",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "unk_token": "<unk>",
        "pad_token": "<unk>",
        "add_bos_token": false,
        "add_eos_token": false
      }
      """;

  /** Takes the next bytes of a tensor. */
  @FunctionalInterface
  public interface Sink {
    void write(ByteBuffer bytes) throws IOException;
  }

  /** Where the values come from. */
  @FunctionalInterface
  public interface Values {
    /** Gives all bytes of a tensor, little-endian, in pieces of any size. */
    void write(Announced tensor, Sink sink) throws IOException;
  }

  /** What else goes into the folder. */
  @FunctionalInterface
  public interface Content {
    void write(Path folder) throws IOException;
  }

  private CheckpointWriter() {}

  /**
   * Writes a checkpoint.
   *
   * @param folder must not exist, or be empty
   * @param dtype of all tensors, a floating point type
   * @param others writes the tokeniser and what people should read
   * @throws OwlException BAD_INPUT if the folder is not empty or the type not a float
   * @throws IOException if writing fails; nothing is left behind
   */
  public static void write(
      Path folder, ModelConfig config, DType dtype, Values values, Content others)
      throws IOException {
    if (!dtype.isFloat()) {
      throw OwlException.badInput("dtype", dtype + " is not a floating point type");
    }
    whole(
        folder,
        partial -> {
          writeConfig(partial, config, dtype);
          Files.writeString(partial.resolve("tokenizer_config.json"), TOKENIZER_CONFIG);
          others.write(partial);
          writeTensors(partial, config, dtype, values);
        });
  }

  /**
   * Writes a folder beside its place and moves it there when it is complete.
   *
   * @param folder must not exist, or be empty
   * @throws OwlException BAD_INPUT if the folder is not empty
   * @throws IOException if writing fails; nothing is left behind
   */
  public static void whole(Path folder, Content content) throws IOException {
    Path target = folder.toAbsolutePath().normalize();
    requireEmpty(target);
    Path parent = target.getParent();
    if (parent == null) {
      throw OwlException.badInput("folder", folder + " is a root");
    }
    Files.createDirectories(parent);
    // Not createTempDirectory, whose folder only its owner could read after the move.
    Path partial =
        Files.createDirectory(
            parent.resolve("." + target.getFileName() + ".partial-" + System.nanoTime()));
    try {
      content.write(partial);
      Files.deleteIfExists(target);
      Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException | RuntimeException e) {
      FileTree.delete(partial);
      throw e;
    }
  }

  private static void requireEmpty(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    if (!Files.isDirectory(folder)) {
      throw OwlException.badInput("folder", folder + " is a file");
    }
    try (Stream<Path> children = Files.list(folder)) {
      if (children.findAny().isPresent()) {
        throw OwlException.badInput("folder", folder + " is not empty");
      }
    }
  }

  private static void writeConfig(Path folder, ModelConfig config, DType dtype) throws IOException {
    for (Map.Entry<String, ObjectNode> file : config.files(dtype).entrySet()) {
      String text =
          StrictJson.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(file.getValue());
      Files.writeString(folder.resolve(file.getKey()), text + "\n");
    }
  }

  private static void writeTensors(Path folder, ModelConfig config, DType dtype, Values values)
      throws IOException {
    List<List<Announced>> shards = shards(config, dtype);
    ObjectNode index = JsonNodeFactory.instance.objectNode();
    index
        .putObject("metadata")
        .put("total_size", ExpectedTensors.of(config).storedParameters() * dtype.bytes());
    ObjectNode map = index.putObject("weight_map");
    for (int i = 0; i < shards.size(); i++) {
      String name =
          shards.size() == 1
              ? "model.safetensors"
              : "model-%05d-of-%05d.safetensors".formatted(i + 1, shards.size());
      writeShard(folder.resolve(name), shards.get(i), values);
      shards.get(i).forEach(tensor -> map.put(tensor.name(), name));
    }
    if (shards.size() > 1) {
      Files.writeString(
          folder.resolve("model.safetensors.index.json"),
          StrictJson.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(index));
    }
  }

  private static List<List<Announced>> shards(ModelConfig config, DType dtype) {
    List<List<Announced>> shards = new ArrayList<>();
    List<Announced> shard = new ArrayList<>();
    long size = 0;
    for (Map.Entry<String, List<Long>> entry : ExpectedTensors.of(config).stored().entrySet()) {
      Announced tensor = new Announced(entry.getKey(), dtype, entry.getValue());
      if (size + tensor.bytes() > MAX_SHARD) {
        shards.add(shard);
        shard = new ArrayList<>();
        size = 0;
      }
      shard.add(tensor);
      size += tensor.bytes();
    }
    shards.add(shard);
    return shards;
  }

  private static void writeShard(Path file, List<Announced> tensors, Values values)
      throws IOException {
    try (SafetensorsWriter writer =
        SafetensorsWriter.create(file, tensors, Map.of("format", "pt"))) {
      for (Announced tensor : tensors) {
        values.write(tensor, writer::write);
      }
      writer.finish();
    }
  }
}
