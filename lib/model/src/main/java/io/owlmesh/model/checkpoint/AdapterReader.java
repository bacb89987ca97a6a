// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.checkpoint;

import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.json.Problems;
import io.owlmesh.model.json.StrictJson;
import io.owlmesh.model.weights.MappedTensor;
import io.owlmesh.model.weights.TensorEntry;
import io.owlmesh.model.weights.TensorNames;
import io.owlmesh.model.weights.WeightFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SortedMap;
import java.util.TreeMap;

/** Reads adapters for {@link AdapterFile}. */
public final class AdapterReader {
  static final String CONFIG = "adapter_config.json";
  private static final String OTHERS = "non_lora_trainables.bin";
  static final String[] WEIGHTS = {"adapter_model.safetensors", "adapter_model.bin"};

  /** Alpha over rank in the authors' script: 32 over 8. */
  private static final double AUTHORS_RATIO = 4;

  /** All matrices together are copied into memory; rank 64 on every layer of a 13B takes 1 GB. */
  private static final long MAX_BYTES = 2L << 30;

  /** Of the configuration, and of what describes the matrices. */
  private static final int MAX_TEXT = 8 << 20;

  private final Problems problems;
  private final String label;
  private final SortedMap<String, HostTensor> as = new TreeMap<>();
  private final SortedMap<String, HostTensor> bs = new TreeMap<>();
  // That of all layers without a pattern; 0 until one is met, or the configuration tells.
  private double commonRank;
  // The path of a layer in the model that the adapter was made on, by that in the whole model.
  private final Map<String, String> trainedPaths = new HashMap<>();

  private AdapterReader(String label, Problems problems) {
    this.label = label;
    this.problems = problems;
  }

  /**
   * Reads an adapter.
   *
   * @param name that it gets
   * @param label names it in messages
   */
  public static AdapterFile read(Path path, String name, String label) {
    Problems problems = new Problems();
    AdapterFile adapter = read(path, name, label, problems);
    problems.throwIfAny(label);
    return adapter;
  }

  /** As above, adding what is wrong; the adapter is meaningless where something is. */
  public static AdapterFile read(Path path, String name, String label, Problems problems) {
    return new AdapterReader(label, problems).readAdapter(path, name);
  }

  /** The name of a folder, or that of a file without its ending. */
  public static String nameOf(Path path) {
    String name = String.valueOf(path.toAbsolutePath().normalize().getFileName());
    return Files.isDirectory(path) ? name : name.replaceFirst("\\.[^.]*$", "");
  }

  private AdapterFile readAdapter(Path path, String name) {
    boolean isFolder = Files.isDirectory(path);
    Path absolute = path.toAbsolutePath().normalize();
    Path config = isFolder ? absolute.resolve(CONFIG) : absolute.resolveSibling(CONFIG);
    Optional<Path> weights =
        isFolder ? WeightFiles.firstExisting(absolute, WEIGHTS) : Optional.of(absolute);
    if (weights.isPresent()) {
      WeightFiles.Contents found = WeightFiles.readFile(weights.get(), MAX_TEXT, problems);
      collect(found.adapter());
      if (isFolder) {
        // A PEFT file holds nothing else; a file named by itself may be a trainer's whole state.
        found.tensors().keySet().forEach(n -> problems.add(n, "not a LoRA matrix"));
      }
    } else {
      collect(WeightFiles.read(absolute, label, Optional::of, problems).adapter());
    }
    if (isFolder && Files.exists(absolute.resolve(OTHERS))) {
      problems.add(
          OTHERS,
          "holds a projector that was trained with the adapter; merge both into a checkpoint");
    }
    AdapterConfig settings = AdapterConfig.UNKNOWN;
    if (Files.exists(config)) {
      try {
        settings = AdapterConfig.read(StrictJson.object(config, MAX_TEXT), problems);
      } catch (OwlException e) {
        problems.add(e);
      }
    }
    return assemble(name, settings);
  }

  private void collect(Map<String, TensorEntry> entries) {
    long bytes = entries.values().stream().mapToLong(TensorEntry::bytes).sum();
    if (bytes > MAX_BYTES) {
      problems.add("adapter", "%d bytes; %d at most".formatted(bytes, MAX_BYTES));
      return;
    }
    entries.forEach((name, entry) -> {
      Optional<TensorNames.Lora> lora = TensorNames.lora(name);
      if (lora.isEmpty()) {
        problems.add(name, "an adapter tensor of a kind that is not supported");
      } else if (entry.shape().size() != 2 || entry.elements() == 0) {
        problems.add(name, "shape " + entry.shape() + "; a LoRA matrix has two sizes");
      } else if (!entry.dtype().isFloat()) {
        problems.add(name, "elements are " + entry.dtype() + ", expected a float type");
      } else {
        load(name, entry, lora.get().isA() ? as : bs, lora.get().module());
      }
    });
  }

  private void load(String name, TensorEntry entry, Map<String, HostTensor> into, String trained) {
    String module = TensorNames.inWholeModel(trained);
    trainedPaths.put(module, trained);
    try (MappedTensor mapped = MappedTensor.of(entry)) {
      Finiteness.problem(mapped).ifPresent(message -> problems.add(name, message));
      if (into.put(module, mapped.copy()) != null) {
        problems.add(name, "a second matrix of " + module);
      }
    } catch (OwlException e) {
      problems.add(e);
    }
  }

  private AdapterFile assemble(String name, AdapterConfig config) {
    long rank = 0;
    for (HostTensor a : as.values()) {
      rank = Math.max(rank, a.shape()[0]);
    }
    boolean assumed = config.alpha() == 0;
    double alpha = assumed ? AUTHORS_RATIO * Math.max(1, rank) : config.alpha();
    SortedMap<String, AdapterFile.Pair> modules = new TreeMap<>();
    as.forEach((module, a) -> {
      HostTensor b = bs.remove(module);
      if (b == null) {
        problems.add(module, "lora_A without lora_B");
      } else {
        modules.put(module, pair(module, a, b, alpha, config));
      }
    });
    bs.keySet().forEach(module -> problems.add(module, "lora_B without lora_A"));
    if (modules.isEmpty() && problems.isEmpty()) {
      problems.add(label, "no LoRA matrices");
    }
    int most = (int) Math.max(1, rank);
    return new AdapterFile(
        name,
        most,
        alpha,
        assumed,
        scaling(alpha, most, config),
        Collections.unmodifiableSortedMap(modules));
  }

  /**
   * The matrices of a layer, whose rank must be the one that the configuration gives it; where it
   * gives none, that of all other layers.
   */
  private AdapterFile.Pair pair(
      String module, HostTensor a, HostTensor b, double alpha, AdapterConfig config) {
    String trained = trainedPaths.getOrDefault(module, module);
    OptionalDouble own = config.ranks().of(trained);
    if (own.isEmpty() && commonRank == 0) {
      commonRank = config.rank() == 0 ? a.shape()[0] : config.rank();
    }
    double rank = own.orElse(commonRank);
    if (a.shape()[0] != rank || b.shape()[1] != rank) {
      problems.add(
          module,
          "rank %d in lora_A and %d in lora_B, expected %s"
              .formatted(a.shape()[0], b.shape()[1], StrictJson.plain(rank)));
    }
    return new AdapterFile.Pair(
        a, b, scaling(config.alphas().of(trained).orElse(alpha), rank, config));
  }

  private static double scaling(double alpha, double rank, AdapterConfig config) {
    return alpha / (config.rootScaling() ? Math.sqrt(rank) : rank);
  }
}
