// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.connector;

import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.checkpoint.Part;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.family.ModelConfig.QuestionTokenizer;
import io.owlmesh.model.script.Script;
import io.owlmesh.runtime.BatchNetwork;
import io.owlmesh.runtime.EngineOptions;
import io.owlmesh.runtime.HostTensors;
import io.owlmesh.runtime.WeightLoader;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The connector of a model, such as a visual abstractor or a projection: features [P, D] -> visual
 * tokens [T, H]. What it computes is its family's. Used by one thread at a time.
 */
public final class VisualAbstractor implements AutoCloseable {
  private static final Script RUNNER =
      Script.of("/io/owlmesh/runtime/connector/connector.torchscript");

  private final ModelConfig config;
  private final BatchNetwork network;
  private final QuestionTokenizer questions;

  private VisualAbstractor(ModelConfig config, BatchNetwork network, QuestionTokenizer questions) {
    this.config = config;
    this.network = network;
    this.questions = questions;
  }

  /**
   * Loads the connector of a checkpoint.
   *
   * @throws io.owlmesh.core.OwlException BAD_CHECKPOINT listing what is missing or wrong
   */
  public static VisualAbstractor load(
      Checkpoint checkpoint, EngineOptions options, WeightLoader.Progress progress) {
    ModelConfig config = checkpoint.config();
    QuestionTokenizer questions = config.questionTokenizer(checkpoint.folder());
    return new VisualAbstractor(
        config,
        BatchNetwork.load(
            checkpoint, Part.ABSTRACTOR, config.connectorNetwork(), RUNNER, options, progress),
        questions);
  }

  /**
   * Makes the visual tokens of several images together.
   *
   * @param features [P, D] each, of any float type
   * @return visual tokens [T, H] each, in {@link #dtype}
   */
  public List<HostTensor> resample(List<HostTensor> features) {
    return resample(features, Collections.nCopies(features.size(), ""));
  }

  /**
   * As above, for what is asked of each image; read only where {@link ModelConfig#readsQuestion}.
   */
  public List<HostTensor> resample(List<HostTensor> features, List<String> questions) {
    return run("resample", features, questions);
  }

  /**
   * Tells what the connector's queries attend to in each image, in its first and its last layer: a
   * mean over the heads.
   *
   * @param features [P, D] each, of any float type
   * @param questions as above
   * @return [2, Q, patches] each, rows of at most 1, in {@link #dtype}; [0, 0, P] of a connector
   *     without queries
   */
  public List<HostTensor> attend(List<HostTensor> features, List<String> questions) {
    return run("look", features, questions);
  }

  private List<HostTensor> run(String method, List<HostTensor> features, List<String> questions) {
    for (HostTensor image : features) {
      HostTensors.requireShape(image, "features", config.featureTokens(), config.featureWidth());
    }
    List<int[]> ids = questions.stream().map(this.questions::ids).toList();
    HostTensor[] results = new HostTensor[features.size()];
    // Those with questions of one length are computed together.
    IntStream.range(0, results.length)
        .boxed()
        .collect(Collectors.groupingBy(i -> ids.get(i).length))
        .values()
        .forEach(same -> {
          List<HostTensor> made =
              network.run(
                  method,
                  same.stream().map(features::get).toList(),
                  network.dtype(),
                  same.stream().map(ids::get).toList());
          IntStream.range(0, same.size()).forEach(j -> results[same.get(j)] = made.get(j));
        });
    return List.of(results);
  }

  public ModelConfig config() {
    return config;
  }

  /** Type of the arithmetic and of the visual tokens. */
  public DType dtype() {
    return network.dtype();
  }

  @Override
  public void close() {
    network.close();
  }
}
