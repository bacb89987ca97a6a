// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.checkpoint;

import io.owlmesh.core.OwlException;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.family.ModelFamily;
import io.owlmesh.model.json.Problem;
import io.owlmesh.model.json.Problems;
import io.owlmesh.model.weights.MappedTensor;
import io.owlmesh.model.weights.TensorEntry;
import io.owlmesh.model.weights.WeightFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;

/**
 * The weights of a model in a folder, in any of the layouts of Hugging Face: {@code
 * model.safetensors} or {@code pytorch_model.bin}, whole or in shards with an index. Opening reads
 * headers alone; tensors are mapped one by one. Holds no open file.
 *
 * <p>Names are canonical: those of the unwrapped model. The whole state that a trainer dumps opens
 * as a checkpoint with an adapter inside.
 */
public final class Checkpoint {
  private final Path folder;
  private final ModelConfig config;
  private final WeightFiles.Contents contents;
  private final boolean understood;

  private Checkpoint(
      Path folder, ModelConfig config, WeightFiles.Contents contents, boolean understood) {
    this.folder = folder;
    this.understood = understood;
    this.config = config;
    this.contents = contents;
  }

  /**
   * Opens a folder.
   *
   * @throws OwlException BAD_CHECKPOINT listing every problem of the configuration and the files;
   *     tensors that the model lacks are found by {@link #requireComplete}
   */
  public static Checkpoint open(Path folder) {
    Problems problems = new Problems();
    Checkpoint checkpoint = read(folder, problems);
    problems.throwIfAny(folder.toString());
    return checkpoint;
  }

  /** What can be read of a folder; adds problems for the rest. */
  public static Checkpoint read(Path folder, Problems problems) {
    if (!Files.isDirectory(folder)) {
      problems.add(folder.toString(), "not a folder");
    }
    ConfigFile file = ConfigFile.open(folder, problems);
    ModelFamily family = file.modelFamily();
    Set<String> namings = new TreeSet<>();
    WeightFiles.Contents contents =
        WeightFiles.read(
            folder,
            folder.toString(),
            name -> {
              family.naming(name).ifPresent(namings::add);
              return family.canonical(name);
            },
            problems);
    if (namings.size() > 1) {
      problems.add(
          contents.layout(), "tensors are named in several ways: " + String.join(", ", namings));
    }
    Optional<Path> tower =
        family
            .towerFolder(file.root(), contents.tensors().keySet())
            .flatMap(named -> TowerFolder.find(folder, named, problems));
    if (tower.isPresent()) {
      Map<String, TensorEntry> more =
          WeightFiles.read(tower.get(), tower.get().toString(), family::canonical, problems)
              .tensors();
      more.forEach((name, entry) -> contents.tensors().putIfAbsent(name, entry));
    }
    ModelConfig config = file.read(contents.tensors(), namings, tower);
    contents.tensors().keySet().removeIf(config::isUnused);
    // Tied models may be saved without the output layer; where one is stored, it counts.
    config
        .tiedTensors()
        .forEach((absent, present) -> {
          TensorEntry entry = contents.tensors().get(present);
          if (entry != null) {
            contents.tensors().putIfAbsent(absent, entry.named(absent));
          }
        });
    return new Checkpoint(folder, config, contents, file.isKnown() && namings.size() < 2);
  }

  /**
   * Whether configuration and names of tensors are of one family that is served; nothing else can
   * be said of others.
   */
  public boolean isUnderstood() {
    return understood;
  }

  public Path folder() {
    return folder;
  }

  public ModelConfig config() {
    return config;
  }

  /** The file that decided the layout, for example {@code model.safetensors.index.json}. */
  public String layout() {
    return contents.layout();
  }

  /** All tensors by canonical name, without those of an adapter. */
  public SortedMap<String, TensorEntry> tensors() {
    return Collections.unmodifiableSortedMap(contents.tensors());
  }

  /**
   * The LoRA matrices stored among the tensors by canonical name; empty but for trainers' dumps.
   */
  public SortedMap<String, TensorEntry> adapterTensors() {
    return Collections.unmodifiableSortedMap(contents.adapter());
  }

  /**
   * Maps one tensor; the caller closes it.
   *
   * @param name canonical name
   * @throws OwlException BAD_CHECKPOINT if there is no such tensor or its file cannot be read
   */
  public MappedTensor map(String name) {
    return MappedTensor.of(entry(name));
  }

  /**
   * Where a tensor lies.
   *
   * @param name canonical name
   * @throws OwlException BAD_CHECKPOINT if there is no such tensor
   */
  public TensorEntry entry(String name) {
    TensorEntry entry = contents.tensors().get(name);
    if (entry == null) {
      throw OwlException.badCheckpoint(name, "missing tensor in " + folder);
    }
    return entry;
  }

  /**
   * Checks that these parts have exactly the tensors of the model, in the right shapes. A tensor
   * that the model does not know means another architecture, whose weights would load and compute
   * nonsense.
   *
   * @throws OwlException BAD_CHECKPOINT with the complete list of what is wrong
   */
  public void requireComplete(Part... parts) {
    Problems problems = new Problems();
    problems.addAll(mismatches(EnumSet.copyOf(List.of(parts))));
    problems.throwIfAny(folder.toString());
  }

  /** Missing, unknown, wrongly shaped and non-float tensors of these parts. */
  public List<Problem> mismatches(Set<Part> parts) {
    Problems problems = new Problems();
    SortedMap<String, List<Long>> expected = ExpectedTensors.of(config).all();
    expected.forEach((name, shape) -> {
      if (isOf(parts, name)) {
        check(name, shape, problems);
      }
    });
    for (String name : contents.tensors().keySet()) {
      if (!expected.containsKey(name) && isOf(parts, name)) {
        problems.add(name, "unexpected tensor, which a model of this configuration lacks");
      }
    }
    return problems.list();
  }

  private boolean isOf(Set<Part> parts, String name) {
    return Part.of(config, name).filter(parts::contains).isPresent();
  }

  private void check(String name, List<Long> shape, Problems problems) {
    TensorEntry entry = contents.tensors().get(name);
    if (entry == null) {
      boolean explained =
          contents.unreadable().contains(name) || contents.unreadable().contains("*");
      if (!explained) {
        problems.add(name, "missing tensor, expected " + shape);
      }
      return;
    }
    if (!entry.shape().equals(shape)) {
      problems.add(name, "shape " + entry.shape() + ", expected " + shape);
    }
    if (!entry.dtype().isFloat()) {
      problems.add(name, "elements are " + entry.dtype() + ", expected a float type");
    }
  }

  /** Tensors that belong to no part. */
  public List<String> strangers() {
    return contents.tensors().keySet().stream().filter(n -> Part.of(config, n).isEmpty()).toList();
  }

  /** Whether the folder holds any weights, readable or not. */
  public boolean hasWeights() {
    return !contents.layout().isEmpty();
  }
}
