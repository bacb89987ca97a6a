// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.checkpoint;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.model.DType;
import io.owlmesh.model.OwlException;
import io.owlmesh.model.checkpoint.SafetensorsWriter.Announced;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Writes a checkpoint of random weights that every tool for the real ones accepts: to try the
 * services, to measure them, and to test without a download. Memory stays small whatever the size;
 * {@link RandomWeights} says how values are drawn.
 */
public final class RandomCheckpoint {
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

  /** Told how far writing is. */
  @FunctionalInterface
  public interface Progress {
    void written(long bytes, long totalBytes);
  }

  private final Preset preset;
  private final DType dtype;
  private final long seed;
  private final Progress progress;
  private final long total;
  private long done;

  private RandomCheckpoint(Preset preset, DType dtype, long seed, Progress progress) {
    this.preset = preset;
    this.dtype = dtype;
    this.seed = seed;
    this.progress = progress;
    this.total = ExpectedTensors.of(preset.config()).parameters() * dtype.bytes();
  }

  /**
   * Writes a checkpoint: one model.safetensors, or shards of 5 GB at most with an index. It appears
   * whole or not at all. The same seed gives the same values, in every element type.
   *
   * @param folder must not exist, or be empty
   * @param dtype a floating point type
   * @throws OwlException BAD_INPUT if the folder is not empty or the type not a float
   * @throws IOException if writing fails; nothing is left behind
   */
  public static void write(Preset preset, Path folder, DType dtype, long seed, Progress progress)
      throws IOException {
    if (!dtype.isFloat()) {
      throw OwlException.badInput("dtype", dtype + " is not a floating point type");
    }
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
      new RandomCheckpoint(preset, dtype, seed, progress).writeFiles(partial);
      Files.deleteIfExists(target);
      Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException | RuntimeException e) {
      deleteTree(partial);
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

  private void writeFiles(Path folder) throws IOException {
    ConfigWriter.write(folder, preset.config(), dtype);
    Files.writeString(folder.resolve("tokenizer_config.json"), TOKENIZER_CONFIG);
    Files.writeString(folder.resolve("README.md"), readme());
    try (InputStream in = RandomCheckpoint.class.getResourceAsStream("tokenizer.model")) {
      if (in == null) {
        throw new IllegalStateException("the tokenizer is not on the class path");
      }
      Files.copy(in, folder.resolve("tokenizer.model"));
    }
    List<List<Announced>> shards = shards();
    RandomWeights weights = new RandomWeights(dtype, seed);
    ObjectNode index = JsonNodeFactory.instance.objectNode();
    index.putObject("metadata").put("total_size", total);
    ObjectNode map = index.putObject("weight_map");
    for (int i = 0; i < shards.size(); i++) {
      String name =
          shards.size() == 1
              ? "model.safetensors"
              : "model-%05d-of-%05d.safetensors".formatted(i + 1, shards.size());
      writeShard(folder.resolve(name), shards.get(i), weights);
      shards.get(i).forEach(tensor -> map.put(tensor.name(), name));
    }
    if (shards.size() > 1) {
      Files.writeString(
          folder.resolve("model.safetensors.index.json"),
          Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(index));
    }
  }

  private String readme() {
    return """
    # Random weights

    Preset %s, seed %d, %s. The weights are random: answers mean nothing. The tokenizer is a
    small SentencePiece model of 640 pieces; of a larger vocabulary, the ids beyond it decode to
    nothing.
    """
        .formatted(preset.name(), seed, dtype.name().toLowerCase(Locale.ROOT));
  }

  private List<List<Announced>> shards() {
    List<List<Announced>> shards = new ArrayList<>();
    List<Announced> shard = new ArrayList<>();
    long size = 0;
    for (Map.Entry<String, List<Long>> entry :
        ExpectedTensors.of(preset.config()).all().entrySet()) {
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

  private void writeShard(Path file, List<Announced> tensors, RandomWeights weights)
      throws IOException {
    try (SafetensorsWriter writer =
        SafetensorsWriter.create(file, tensors, Map.of("format", "pt"))) {
      for (Announced tensor : tensors) {
        weights.fill(
            tensor.name(),
            ExpectedTensors.elements(tensor.shape()),
            bytes -> {
              done += bytes.remaining();
              writer.write(bytes);
              progress.written(done, total);
            });
      }
      writer.finish();
    }
  }

  private static void deleteTree(Path folder) throws IOException {
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
              throws IOException {
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
