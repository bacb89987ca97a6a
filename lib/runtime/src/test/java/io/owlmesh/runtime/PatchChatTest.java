// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.SamplingParams;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.checkpoint.Part;
import io.owlmesh.model.checkpoint.WeightsDigest;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.family.patchchat.PatchChatFamily;
import io.owlmesh.model.image.PictureDecoder;
import io.owlmesh.model.inspect.Inspection;
import io.owlmesh.model.text.ChatTemplate.Role;
import io.owlmesh.model.text.ChatTemplate.Turn;
import io.owlmesh.model.text.ChatTemplates;
import io.owlmesh.model.text.PromptTokens;
import io.owlmesh.model.text.Tokenizer;
import io.owlmesh.model.weights.SafetensorsFile;
import io.owlmesh.model.weights.SafetensorsWriter;
import io.owlmesh.runtime.connector.VisualAbstractor;
import io.owlmesh.runtime.language.CachedSequence;
import io.owlmesh.runtime.language.LanguageModel;
import io.owlmesh.runtime.language.LoraAdapter;
import io.owlmesh.runtime.language.PromptEmbeddings;
import io.owlmesh.runtime.language.Sampler;
import io.owlmesh.runtime.language.SingleSequenceDecoder;
import io.owlmesh.runtime.vision.VisionEncoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A second family answers through the same classes as the first, registered by test code alone. */
class PatchChatTest {
  private static final Path PICTURE =
      Path.of("../model/src/test/resources/owl-tiny/images/rgb.png");

  @TempDir private Path temp;
  private Path folder;

  @BeforeEach
  void write() throws IOException {
    folder = PatchChatFamily.checkpoint(temp.resolve("patch-chat"));
  }

  private List<HostTensor> features(Checkpoint checkpoint) throws IOException {
    HostTensor pixels =
        checkpoint
            .config()
            .imageProcessor()
            .process(new PictureDecoder().decode(Files.readAllBytes(PICTURE)));
    try (VisionEncoder vision =
        VisionEncoder.load(checkpoint, EngineOptions.DEFAULTS, WeightLoader.Progress.NONE)) {
      return vision.encode(List.of(pixels));
    }
  }

  private static List<HostTensor> visualTokens(Checkpoint checkpoint, List<HostTensor> features) {
    try (VisualAbstractor connector =
        VisualAbstractor.load(checkpoint, EngineOptions.DEFAULTS, WeightLoader.Progress.NONE)) {
      return connector.resample(features);
    }
  }

  @Test
  void itsConfigurationAndTensorsAreReadAndSound() {
    Checkpoint checkpoint = Checkpoint.open(folder);

    assertThat(checkpoint.config()).isEqualTo(PatchChatFamily.TINY);
    assertThat(Inspection.of(folder).problems()).isEmpty();
    assertThat(checkpoint.tensors()).containsKeys("tower.blocks.1.fc.bias", "projector.weight");
  }

  @Test
  void itsConnectorProjectsEachFeatureOfItsTower() throws IOException {
    Checkpoint checkpoint = Checkpoint.open(folder);
    HostTensor features = features(checkpoint).getFirst();
    float[] tokens = visualTokens(checkpoint, List.of(features)).getFirst().toFloats();

    assertThat(features.shape()).containsExactly(9, 12);
    float[] matrix;
    try (var file = checkpoint.map("projector.weight")) {
      matrix = file.copy().toFloats();
    }
    float[] from = features.toFloats();
    for (int row = 0; row < 9; row++) {
      for (int out = 0; out < 32; out++) {
        double sum = 0; // The bias of random weights is zero.
        for (int in = 0; in < 12; in++) {
          sum += from[row * 12 + in] * matrix[out * 12 + in];
        }
        assertThat((double) tokens[row * 32 + out]).isCloseTo(sum, within(1e-5));
      }
    }
  }

  @Test
  void aQuestionAboutAPictureIsLaidOutByItsTemplateAndAnswered() throws IOException {
    Checkpoint checkpoint = Checkpoint.open(folder);
    ModelConfig config = checkpoint.config();
    Turn turn = new Turn(Role.HUMAN, "Who?", 1);
    var prompt = ChatTemplates.named("patch-chat").orElseThrow().prompt(List.of(turn));
    PromptTokens tokens = config.encode(prompt, Tokenizer.open(folder));

    assertThat(tokens.visualTokens()).isEqualTo(9);
    assertThat(answer(checkpoint, tokens, visualTokens(checkpoint, features(checkpoint))))
        .hasSize(5)
        .isNotEqualTo(answer(checkpoint, tokens, List.of(HostTensor.ofFloats(loud(), 9, 32))));
  }

  private static float[] loud() {
    float[] values = new float[9 * 32];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) Math.sin(i) * 3;
    }
    return values;
  }

  private static List<Integer> answer(
      Checkpoint checkpoint, PromptTokens tokens, List<HostTensor> images) {
    int[] starts = tokens.imageStarts().stream().mapToInt(Integer::intValue).toArray();
    List<Integer> ids = new ArrayList<>();
    try (LanguageModel model =
            LanguageModel.load(
                checkpoint, EngineOptions.DEFAULTS, Optional.empty(), WeightLoader.Progress.NONE);
        LoraAdapter none = model.none();
        PromptEmbeddings inputs = PromptEmbeddings.of(model, tokens.ids(), starts, images);
        CachedSequence sequence = model.begin(tokens.length() + 5, none)) {
      SingleSequenceDecoder.run(
          sequence,
          inputs,
          new Sampler(SamplingParams.GREEDY),
          5,
          new SingleSequenceDecoder.Listener() {
            @Override
            public void check() {}

            @Override
            public void token(int id) {
              ids.add(id);
            }
          });
    }
    return ids;
  }

  @Test
  void namesOfAnotherGenerationAreTheSameTensors() throws IOException {
    Path file = folder.resolve("model.safetensors");
    String digest = WeightsDigest.of(Checkpoint.open(folder), Part.LANGUAGE);
    SortedMap<String, HostTensor> renamed = new TreeMap<>();
    SafetensorsFile.load(file).forEach((name, tensor) -> renamed.put("model." + name, tensor));
    Files.delete(file);
    SafetensorsWriter.writeAll(file, renamed, Map.of());

    assertThat(Inspection.of(folder).problems()).isEmpty();
    assertThat(WeightsDigest.of(Checkpoint.open(folder), Part.LANGUAGE)).isEqualTo(digest);
  }

  @Test
  void aTypeOfNoFamilyIsRefusedWithTheKnownOnes() throws IOException {
    Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"kosmos\"}");

    assertThatThrownBy(() -> Checkpoint.open(folder))
        .isInstanceOf(OwlException.class)
        .hasMessageContaining("config.json")
        .hasMessageContaining(
            "model_type is 'kosmos'; served are model_type blip-2, instructblip, llava, mplug-owl,"
                + " patch-chat");
  }
}
