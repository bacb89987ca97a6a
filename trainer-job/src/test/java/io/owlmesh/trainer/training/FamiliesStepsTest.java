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
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Steps of other families beside those of {@code lib/model/src/test/reference/training.py}, which
 * finds gradients by differences, without backpropagation.
 */
class FamiliesStepsTest {
  private static final Path GOLDEN = Path.of("src/test/resources/training");
  private static final Path RESOURCES = Path.of("../lib/model/src/test/resources");

  @ParameterizedTest
  @ValueSource(strings = {"llava-projector", "llava-projector-lora", "bloom-lora"})
  void threeStepsLearnWhatDifferencesSay(String name) throws Exception {
    JsonNode golden = new ObjectMapper().readTree(GOLDEN.resolve(name + ".json").toFile());
    Path folder = RESOURCES.resolve(golden.get("folder").asText());
    Path layout = folder.resolve("checkpoints").resolve(golden.get("layout").asText());
    SortedMap<String, HostTensor> after = new TreeMap<>();
    SafetensorsFile.load(GOLDEN.resolve(name + ".safetensors"))
        .forEach((tensor, value) -> after.put(olderName(tensor), value));
    Optional<AdapterFile> adapter =
        golden.get("lora").asBoolean()
            ? Optional.of(AdapterFile.open(folder.resolve("adapters/peft")))
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
            Checkpoint.open(layout),
            adapter,
            new Trainables(
                false, false, connector, false, false, adapter.map(FamiliesStepsTest::lora)),
            new NetworkOptions("cpu", 1, DType.FLOAT32, false, 0),
            0)) {
      Batch batch = new Batch(samples(folder, golden.get("cases")));
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

  private static Lora lora(AdapterFile file) {
    String modules =
        file.modules().keySet().stream().map(Pattern::quote).collect(Collectors.joining("|"));
    return new Lora(file.rank(), file.alpha(), 0, Pattern.compile(modules));
  }

  /** Golden cases, of which every token of text behind the first position is learnt. */
  private static List<EncodedSample> samples(Path folder, JsonNode names) throws Exception {
    SortedMap<String, HostTensor> forward =
        SafetensorsFile.load(folder.resolve("forward.safetensors"));
    JsonNode cases = new ObjectMapper().readTree(folder.resolve("forward.json").toFile());
    List<EncodedSample> samples = new ArrayList<>();
    for (JsonNode name : names) {
      for (JsonNode one : cases) {
        if (!one.get("name").equals(name)) {
          continue;
        }
        int[] ids = new int[one.get("ids").size()];
        boolean[] trained = new boolean[ids.length];
        for (int i = 0; i < ids.length; i++) {
          ids[i] = one.get("ids").get(i).asInt();
          trained[i] = i > 0 && ids[i] >= 0;
        }
        List<HostTensor> pixels = new ArrayList<>();
        for (JsonNode image : one.get("images")) {
          pixels.add(forward.get("pixel_values/" + image.asText()));
        }
        samples.add(new EncodedSample(ids, trained, pixels));
      }
    }
    return samples;
  }
}
