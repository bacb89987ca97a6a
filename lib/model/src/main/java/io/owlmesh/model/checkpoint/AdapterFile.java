// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.checkpoint;

import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.family.WeightLayout;
import io.owlmesh.model.json.Problem;
import io.owlmesh.model.json.Problems;
import io.owlmesh.model.weights.WeightFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;

/**
 * A LoRA adapter, copied into memory: for each changed linear layer, y += scaling * B (A x).
 *
 * @param name of its folder, or of its file without the ending
 * @param rank rows of A and columns of B, of the layer that has most
 * @param alpha of layers that no pattern gives another one
 * @param alphaAssumed whether there was no configuration, so that the authors' ratio of 32 to rank
 *     8 was taken; worth telling people
 * @param scaling of a layer of that rank and alpha: alpha / rank, or alpha / sqrt(rank) for rsLoRA
 * @param modules by the canonical path of the linear layer, for example {@code
 *     language_model.model.layers.0.self_attn.q_proj}
 */
public record AdapterFile(
    String name,
    int rank,
    double alpha,
    boolean alphaAssumed,
    double scaling,
    SortedMap<String, Pair> modules) {

  /**
   * The matrices of one layer, of any float type, in direct memory.
   *
   * @param a [rank, in]; the rank may differ from that of other layers
   * @param b [out, rank]
   * @param scaling alpha / rank of this layer, or alpha / sqrt(rank) for rsLoRA
   */
  public record Pair(HostTensor a, HostTensor b, double scaling) {}

  /**
   * Opens a folder of PEFT (adapter_config.json with adapter_model.safetensors or .bin), a folder
   * of a trainer that dumped the whole state, or one weight file of either kind, beside which
   * adapter_config.json is read if it is there.
   *
   * @throws OwlException BAD_CHECKPOINT listing everything that is wrong or not supported
   */
  public static AdapterFile open(Path folderOrFile) {
    return AdapterReader.read(
        folderOrFile, AdapterReader.nameOf(folderOrFile), folderOrFile.toString());
  }

  /**
   * As above, under a name of its own, which also stands in messages instead of the path: callers
   * from elsewhere do not learn where files lie.
   */
  public static AdapterFile open(Path folderOrFile, String name) {
    return AdapterReader.read(folderOrFile, name, name);
  }

  /** How many numbers it has. */
  public long parameters() {
    return modules.values().stream()
        .mapToLong(pair ->
            HostTensor.byteCount(DType.INT8, pair.a().shape())
                + HostTensor.byteCount(DType.INT8, pair.b().shape()))
        .sum();
  }

  /** Whether a folder looks like one that {@link #open} reads, apart from whole checkpoints. */
  public static boolean isAdapterFolder(Path folder) {
    return Files.isDirectory(folder)
        && (Files.exists(folder.resolve(AdapterReader.CONFIG))
            || WeightFiles.firstExisting(folder, AdapterReader.WEIGHTS).isPresent());
  }

  /**
   * Checks that the adapter fits a model.
   *
   * @throws OwlException BAD_CHECKPOINT listing every layer that the model lacks, that cannot be
   *     adapted, or that has another shape
   */
  public void validate(ModelConfig config) {
    Problems problems = new Problems();
    problems.addAll(mismatches(config));
    problems.throwIfAny(name);
  }

  /** As {@link #validate}, returning what is wrong. */
  public List<Problem> mismatches(ModelConfig config) {
    Problems problems = new Problems();
    WeightLayout weights = config.languageNetwork().weights();
    SortedMap<String, List<Long>> shapes = weights.shapes();
    Set<String> adaptable = Set.copyOf(weights.adaptableModules());
    modules.forEach((module, pair) -> {
      List<Long> base = shapes.get(module + ".weight");
      if (base == null || !adaptable.contains(module)) {
        problems.add(
            module,
            "not a layer that can be adapted; those are %s of layers 0 to %d of the language model"
                .formatted(String.join(", ", weights.adaptable()), weights.layers() - 1));
        return;
      }
      long in = pair.a().shape()[1];
      long out = pair.b().shape()[0];
      if (in != base.get(1) || out != base.get(0)) {
        problems.add(
            module, "adapts a layer of [%d, %d], but this one is %s".formatted(out, in, base));
      }
    });
    return problems.list();
  }
}
