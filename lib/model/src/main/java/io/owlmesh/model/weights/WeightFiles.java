// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.weights;

import com.fasterxml.jackson.databind.JsonNode;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.RegularFile;
import io.owlmesh.model.json.Problems;
import io.owlmesh.model.json.StrictJson;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * The weight files of a folder in one of the four layouts of Hugging Face, tried in the order that
 * transformers tries them.
 */
public final class WeightFiles {
  /** What the files were found to hold. */
  public record Contents(
      String layout,
      SortedMap<String, TensorEntry> tensors,
      SortedMap<String, TensorEntry> adapter,
      Set<String> unreadable) {}

  private static final int MAX_DESCRIPTION = 100_000_000;
  private static final List<String> LAYOUTS =
      List.of(
          "model.safetensors",
          "model.safetensors.index.json",
          "pytorch_model.bin",
          "pytorch_model.bin.index.json");

  private final Path folder;
  private final Function<String, Optional<String>> family;
  private final int most;
  private final Problems problems;
  private final SortedMap<String, TensorEntry> tensors = new TreeMap<>();
  private final SortedMap<String, TensorEntry> adapter = new TreeMap<>();
  private final Set<String> unreadable = new TreeSet<>();

  private WeightFiles(
      Path folder, Function<String, Optional<String>> family, int most, Problems problems) {
    this.folder = folder;
    this.family = family;
    this.most = most;
    this.problems = problems;
  }

  /**
   * Reads the headers of all weight files.
   *
   * @param label names the folder in problems
   * @param family gives names their canonical form, once PEFT's additions are gone
   * @return canonical names and where the tensors lie, LoRA matrices apart; {@code unreadable} are
   *     names that the index places in a file that could not be read, or "*" if a file of unknown
   *     content could not; {@code layout} is empty if the folder has no weights
   */
  public static Contents read(
      Path folder, String label, Function<String, Optional<String>> family, Problems problems) {
    WeightFiles files = new WeightFiles(folder, family, MAX_DESCRIPTION, problems);
    for (String layout : LAYOUTS) {
      if (Files.exists(folder.resolve(layout))) {
        files.readLayout(layout);
        return files.contents(layout);
      }
    }
    problems.add(label, "no weights: none of " + String.join(", ", LAYOUTS) + " is here");
    return files.contents("");
  }

  /**
   * As {@link #read}, for one file of either kind, recognised by its first bytes.
   *
   * @param most bytes that describe its tensors
   */
  public static Contents readFile(Path file, int most, Problems problems) {
    Path parent = file.toAbsolutePath().getParent();
    WeightFiles files =
        new WeightFiles(parent == null ? file : parent, Optional::of, most, problems);
    files.collect(file);
    return files.contents(String.valueOf(file.getFileName()));
  }

  private Contents contents(String layout) {
    return new Contents(layout, tensors, adapter, unreadable);
  }

  private void readLayout(String layout) {
    if (!layout.endsWith(".index.json")) {
      collect(folder.resolve(layout));
      return;
    }
    try {
      JsonNode map = StrictJson.object(folder.resolve(layout)).path("weight_map");
      if (!map.isObject() || map.isEmpty()) {
        throw OwlException.badCheckpoint(layout, "no weight_map");
      }
      shards(layout, map).forEach((shard, names) -> readShard(layout, shard, names));
    } catch (OwlException e) {
      problems.add(e);
      unreadable.add("*");
    }
  }

  private static SortedMap<String, Set<String>> shards(String index, JsonNode map) {
    SortedMap<String, Set<String>> shards = new TreeMap<>();
    for (Map.Entry<String, JsonNode> entry : map.properties()) {
      String shard = entry.getValue().asText();
      // A shard elsewhere would let an index read any file of the machine.
      if (!shard.matches("[A-Za-z0-9_][A-Za-z0-9_.-]*")) {
        throw OwlException.badCheckpoint(
            index, "'" + shard + "' is not the name of a file in this folder");
      }
      shards.computeIfAbsent(shard, s -> new TreeSet<>()).add(entry.getKey());
    }
    return shards;
  }

  private void readShard(String index, String shard, Set<String> names) {
    Path file = folder.resolve(shard);
    int before = problems.size();
    Set<String> found = Set.of();
    if (!Files.isRegularFile(file)) {
      problems.add(
          shard, "missing shard: %s places %d tensors in it".formatted(index, names.size()));
    } else {
      found = collect(file);
    }
    boolean sound = problems.size() == before;
    for (String name : names) {
      if (found.contains(name)) {
        continue;
      }
      if (sound) {
        problems.add(shard, "does not hold " + name + ", which " + index + " places there");
      }
      canonical(name).ifPresent(unreadable::add);
    }
  }

  /** Adds the tensors of a file; returns the names that the file gives them. */
  private Set<String> collect(Path file) {
    int before = problems.size();
    List<TensorEntry> entries =
        isSafetensors(file)
            ? SafetensorsFile.read(file, most, problems)
            : TorchFile.read(file, most, problems);
    if (problems.size() > before && entries.isEmpty()) {
      unreadable.add("*");
    }
    Set<String> names = new TreeSet<>();
    for (TensorEntry entry : entries) {
      names.add(entry.name());
      canonical(entry.name()).ifPresent(name -> add(name, entry));
    }
    return names;
  }

  private Optional<String> canonical(String name) {
    return TensorNames.canonical(name).flatMap(family);
  }

  private void add(String name, TensorEntry entry) {
    var target = TensorNames.isAdapter(name) ? adapter : tensors;
    TensorEntry previous = target.putIfAbsent(name, entry.named(name));
    if (previous != null) {
      problems.add(
          String.valueOf(entry.file().getFileName()),
          "%s (as %s) is also in %s".formatted(name, entry.name(), previous.file().getFileName()));
    }
  }

  /** A name alone does not tell: adapters are renamed at will. */
  private static boolean isSafetensors(Path file) {
    try (FileChannel channel = RegularFile.open(file, String.valueOf(file.getFileName()))) {
      if (channel.size() < 9) {
        return String.valueOf(file.getFileName()).endsWith(".safetensors");
      }
      byte[] start = StrictJson.readFully(channel, 0, 9);
      boolean zip = start[0] == 'P' && start[1] == 'K' && start[2] == 3 && start[3] == 4;
      boolean legacy = (start[0] & 0xFF) == 0x80 && start[1] > 0 && start[1] < 6 && start[8] != '{';
      return !zip && !legacy;
    } catch (IOException | OwlException e) {
      return true; // Reading it will fail again and say why.
    }
  }

  /** The first of these names that is a file of the folder. */
  public static Optional<Path> firstExisting(Path folder, String... names) {
    for (String name : names) {
      if (Files.isRegularFile(folder.resolve(name))) {
        return Optional.of(folder.resolve(name));
      }
    }
    return Optional.empty();
  }
}
