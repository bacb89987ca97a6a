// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.mesh.MeshInfo.WeightDigests;
import io.owlmesh.proto.llm.v1.Adapter;
import io.owlmesh.proto.llm.v1.ListModelsResponse;
import io.owlmesh.proto.llm.v1.Model;
import io.owlmesh.proto.tensor.v1.DataType;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a replica says that it runs.
 *
 * @param digest of its own weights
 * @param digests of all weights that it makes or takes tensors of; of stages that it knows nothing
 *     of, empty
 * @param readsQuestion whether what it makes depends on what is asked of an image
 * @param model of the language model alone
 */
record StageDescription(
    String digest,
    WeightDigests digests,
    String device,
    String dataType,
    boolean readsQuestion,
    @Nullable Model model) {
  static StageDescription of(io.owlmesh.proto.vision.v1.DescribeResponse vision) {
    return new StageDescription(
        vision.getVisionDigest(),
        new WeightDigests(vision.getVisionDigest(), "", ""),
        vision.getDevice(),
        name(vision.getDataType()),
        false,
        null);
  }

  static StageDescription of(io.owlmesh.proto.abstractor.v1.DescribeResponse abstractor) {
    return new StageDescription(
        abstractor.getAbstractorDigest(),
        new WeightDigests(abstractor.getVisionDigest(), abstractor.getAbstractorDigest(), ""),
        abstractor.getDevice(),
        name(abstractor.getDataType()),
        abstractor.getReadsQuestion(),
        null);
  }

  /**
   * Of a language model.
   *
   * @throws OwlException INTERNAL if there is not exactly one
   */
  static StageDescription of(ListModelsResponse models) {
    if (models.getModelsCount() != 1) {
      throw new OwlException(
          Fault.INTERNAL, "", "the llm stage serves %d models".formatted(models.getModelsCount()));
    }
    Model model = models.getModels(0);
    var llm = model.getDescription();
    return new StageDescription(
        llm.getLanguageDigest(),
        new WeightDigests(
            llm.getVisionDigest(), llm.getAbstractorDigest(), llm.getLanguageDigest()),
        llm.getDevice(),
        name(llm.getDataType()),
        false,
        model);
  }

  private static String name(DataType type) {
    return type.name().replace("DATA_TYPE_", "").toLowerCase(Locale.ROOT);
  }

  /** Whether it works together with these weights. */
  boolean fits(WeightDigests group) {
    return fits(digests.vision(), group.vision())
        && fits(digests.abstractor(), group.abstractor())
        && fits(digests.language(), group.language());
  }

  private static boolean fits(String own, String expected) {
    return own.isEmpty() || own.equals(expected);
  }

  /** For people, the first of its digests with which it does not fit these weights. */
  String misfit(WeightDigests group) {
    if (!fits(digests.vision(), group.vision())) {
      return misfit("vision", digests.vision(), group.vision());
    }
    return fits(digests.abstractor(), group.abstractor())
        ? misfit("language", digests.language(), group.language())
        : misfit("abstractor", digests.abstractor(), group.abstractor());
  }

  private static String misfit(String part, String own, String expected) {
    return "it works with %s weights %s, in use are %s".formatted(part, own, expected);
  }

  /** Digests of adapters, by name. */
  Map<String, String> adapters() {
    return model == null
        ? Map.of()
        : model.getAdaptersList().stream()
            .collect(Collectors.toMap(Adapter::getName, Adapter::getDigest, (one, _) -> one));
  }
}
