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
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Reads adapters for {@link AdapterFile}. */
final class AdapterReader {
  static final String CONFIG = "adapter_config.json";
  static final String[] WEIGHTS = {"adapter_model.safetensors", "adapter_model.bin"};

  /** Alpha over rank in the authors' script: 32 over 8. */
  private static final double AUTHORS_RATIO = 4;

  /** All matrices together are copied into memory; rank 64 on every layer of a 13B takes 1 GB. */
  private static final long MAX_BYTES = 2L << 30;

  private final Problems problems = new Problems();
  private final SortedMap<String, HostTensor> as = new TreeMap<>();
  private final SortedMap<String, HostTensor> bs = new TreeMap<>();

  private AdapterReader() {}

  static AdapterFile read(Path path) {
    AdapterReader reader = new AdapterReader();
    AdapterFile adapter = reader.readAdapter(path);
    reader.problems.throwIfAny(path.toString());
    return adapter;
  }

  private AdapterFile readAdapter(Path path) {
    boolean isFolder = Files.isDirectory(path);
    Path absolute = path.toAbsolutePath().normalize();
    Path config = isFolder ? absolute.resolve(CONFIG) : absolute.resolveSibling(CONFIG);
    Optional<Path> weights =
        isFolder ? WeightFiles.firstExisting(absolute, WEIGHTS) : Optional.of(absolute);
    if (weights.isPresent()) {
      WeightFiles.Contents found = WeightFiles.readFile(weights.get(), problems);
      collect(found.adapter());
      if (isFolder) {
        // A PEFT file holds nothing else; a file named by itself may be a trainer's whole state.
        found.tensors().keySet().forEach(n -> problems.add(n, "not a LoRA matrix"));
      }
    } else {
      collect(WeightFiles.read(absolute, problems).adapter());
    }
    AdapterConfig settings = AdapterConfig.UNKNOWN;
    if (Files.exists(config)) {
      try {
        settings = AdapterConfig.read(StrictJson.object(config), problems);
      } catch (OwlException e) {
        problems.add(e);
      }
    }
    String name = String.valueOf(absolute.getFileName());
    return assemble(isFolder ? name : name.replaceFirst("\\.[^.]*$", ""), settings);
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

  private void load(String name, TensorEntry entry, Map<String, HostTensor> into, String module) {
    try (MappedTensor mapped = MappedTensor.of(entry)) {
      HostTensor copy = mapped.copy();
      for (float value : copy.toFloats()) {
        if (!Float.isFinite(value)) {
          problems.add(name, "holds " + value + "; every number must be finite");
          break;
        }
      }
      into.put(module, copy);
    } catch (OwlException e) {
      problems.add(e);
    }
  }

  private AdapterFile assemble(String name, AdapterConfig config) {
    SortedMap<String, AdapterFile.Pair> modules = new TreeMap<>();
    as.forEach((module, a) -> {
      HostTensor b = bs.remove(module);
      if (b == null) {
        problems.add(module, "lora_A without lora_B");
      } else {
        modules.put(module, new AdapterFile.Pair(a, b));
      }
    });
    bs.keySet().forEach(module -> problems.add(module, "lora_B without lora_A"));
    if (modules.isEmpty() && problems.isEmpty()) {
      problems.add(name, "no LoRA matrices");
    }
    int rank = rank(modules, config);
    boolean assumed = config.alpha() == 0;
    double alpha = assumed ? AUTHORS_RATIO * rank : config.alpha();
    double scaling = alpha / (config.rootScaling() ? Math.sqrt(rank) : rank);
    return new AdapterFile(
        name, rank, alpha, assumed, scaling, Collections.unmodifiableSortedMap(modules));
  }

  /** The configured rank, or that of the first layer; every layer must agree. */
  private int rank(SortedMap<String, AdapterFile.Pair> modules, AdapterConfig config) {
    long rank = config.rank();
    for (Map.Entry<String, AdapterFile.Pair> entry : modules.entrySet()) {
      long[] a = entry.getValue().a().shape();
      long[] b = entry.getValue().b().shape();
      rank = rank == 0 ? a[0] : rank;
      if (a[0] != rank || b[1] != rank) {
        problems.add(
            entry.getKey(),
            "rank %d in lora_A and %d in lora_B, expected %d".formatted(a[0], b[1], rank));
      }
    }
    return (int) Math.max(1, rank);
  }
}
