// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.model.checkpoint.AdapterFile;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.weights.SafetensorsFile;
import io.owlmesh.trainer.data.EncodedSample;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Steps of other families beside those of {@code lib/model/src/test/reference/training.py}, which
 * finds gradients by differences, without backpropagation.
 */
class FamiliesStepsTest {
  private static final Path GOLDEN = Path.of("src/test/resources/training");

  @ParameterizedTest
  @ValueSource(strings = {"llava-projector", "llava-projector-lora", "bloom-lora"})
  void threeStepsLearnWhatDifferencesSay(String name) throws Exception {
    JsonNode golden = new ObjectMapper().readTree(GOLDEN.resolve(name + ".json").toFile());
    GoldenCases cases = GoldenCases.of(golden.get("folder").asText());
    SortedMap<String, HostTensor> after = new TreeMap<>();
    SafetensorsFile.load(GOLDEN.resolve(name + ".safetensors"))
        .forEach((tensor, value) -> after.put(olderName(tensor), value));
    Optional<AdapterFile> adapter =
        golden.get("lora").asBoolean()
            ? Optional.of(cases.adapter())
            : Optional.empty();
    boolean connector = after.keySet().stream().anyMatch(n -> n.contains("projector"));
    Optimiser optimiser =
        new Optimiser(
            golden.get("betas").get(0).asDouble(),
            golden.get("betas").get(1).asDouble(),
            golden.get("epsilon").asDouble(),
            golden.get("decay").asDouble(),
            golden.get("clip").asDouble());
    try (TrainableModel model =
        new TrainableModel(
            Checkpoint.open(cases.checkpoint(golden.get("layout").asText())),
            adapter,
            new Trainables(
                false, false, connector, false, false, adapter.map(_ -> cases.lora())),
            new NetworkOptions("cpu", 1, DType.FLOAT32, false, 0),
            0)) {
      List<EncodedSample> samples = new ArrayList<>();
      for (JsonNode one : golden.get("cases")) {
        samples.add(cases.sample(one.asText()));
      }
      Batch batch = new Batch(samples);
      double share = 1.0 / batch.targetCount();
      for (int step = 0; step < golden.get("norms").size(); step++) {
        assertThat(model.learn(batch, share, 0))
            .as("loss before step %d", step)
            .isCloseTo(golden.get("losses").get(step).asDouble(), within(1e-4));
        double norm = golden.get("norms").get(step).asDouble();
        assertThat(model.update(optimiser, golden.get("rate").asDouble()))
            .as("gradient norm of step %d", step)
            .isCloseTo(norm, within(1e-3 * norm));
      }
      assertThat(model.learn(batch, share, 0))
          .isCloseTo(golden.get("losses").get(golden.get("norms").size()).asDouble(), within(1e-4));
      SortedMap<String, HostTensor> learnt = model.weights();
      assertThat(learnt.keySet()).isEqualTo(after.keySet());
      after.forEach((tensor, expected) ->
          assertThat(Objects.requireNonNull(learnt.get(tensor)).toFloats())
              .as(tensor)
              .containsExactly(expected.toFloats(), within(2e-4f)));
    }
  }

  /** Names of transformers 5 as those of 4, which the engine knows tensors by. */
  private static String olderName(String name) {
    return name.replace("model.language_model.layers", "language_model.model.layers")
        .replaceFirst("^model\\.multi_modal_projector", "multi_modal_projector");
  }
}
