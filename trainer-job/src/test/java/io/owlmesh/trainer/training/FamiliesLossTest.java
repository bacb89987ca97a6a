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
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The trainer's forward pass of other families: its loss is that of the reference's logits. */
class FamiliesLossTest {
  private static final Path RESOURCES = Path.of("../lib/model/src/test/resources");

  @ParameterizedTest
  @CsvSource({
    "llava-tiny, transformers-5-bf16, one-image, false",
    "llava-tiny, transformers-5-bf16, multi-turn, true",
    "owl-bloom-tiny, bin-bf16, one-image, false",
    "owl-bloom-tiny, bin-bf16, two-images, true"
  })
  void theLossIsThatOfTheReferencesLogits(
      String folder, String layout, String name, boolean recomputing) throws Exception {
    Path golden = RESOURCES.resolve(folder);
    SortedMap<String, HostTensor> forward =
        SafetensorsFile.load(golden.resolve("forward.safetensors"));
    JsonNode test = null;
    for (JsonNode one : new ObjectMapper().readTree(golden.resolve("forward.json").toFile())) {
      test = one.get("name").asText().equals(name) ? one : test;
    }
    int[] ids = new int[Objects.requireNonNull(test).get("ids").size()];
    boolean[] trained = new boolean[ids.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = test.get("ids").get(i).asInt();
      trained[i] = i > 0 && ids[i] >= 0;
    }
    List<HostTensor> pixels = new ArrayList<>();
    for (JsonNode image : test.get("images")) {
      pixels.add(forward.get("pixel_values/" + image.asText()));
    }
    EncodedSample sample = new EncodedSample(ids, trained, pixels);
    float[] logits = Objects.requireNonNull(forward.get("logits/" + name)).toFloats();
    double expected = crossEntropy(logits, sample);

    AdapterFile adapter = AdapterFile.open(golden.resolve("adapters/peft"));
    Lora lora =
        new Lora(
            adapter.rank(),
            adapter.alpha(),
            0,
            Pattern.compile(
                String.join(
                    "|", adapter.modules().keySet().stream().map(Pattern::quote).toList())));
    try (TrainableModel model =
        new TrainableModel(
            Checkpoint.open(golden.resolve("checkpoints").resolve(layout)),
            Optional.empty(),
            new Trainables(false, true, true, true, false, Optional.of(lora)),
            new NetworkOptions("cpu", 1, DType.FLOAT32, recomputing, 0),
            0)) {
      Batch batch = new Batch(List.of(sample));
      // B of a new LoRA is zero: the model is the base model until it has learnt.
      double before = model.learn(batch, 1.0 / batch.targetCount(), 0);
      assertThat(before).isCloseTo(expected, within(1e-4));
      model.update(new Optimiser(0.9, 0.999, 1e-8, 0, 1), 1e-2);
      assertThat(model.learn(batch, 1.0 / batch.targetCount(), 0)).isLessThan(before);
    }
  }

  private static double crossEntropy(float[] logits, EncodedSample sample) {
    int width = logits.length / sample.length();
    double sum = 0;
    for (int i = 1; i < sample.length(); i++) {
      if (sample.trained(i)) {
        int row = (i - 1) * width;
        double all = 0;
        for (int v = 0; v < width; v++) {
          all += Math.exp(logits[row + v]);
        }
        sum += Math.log(all) - logits[row + sample.id(i)];
      }
    }
    return sum / sample.targets();
  }
}
