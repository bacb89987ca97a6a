// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.core.HostTensor;
import io.owlmesh.model.family.llava.LlavaConfig;
import io.owlmesh.model.image.Fit;
import io.owlmesh.model.inspect.Inspection;
import io.owlmesh.model.json.Problem;
import io.owlmesh.model.weights.SafetensorsFile;
import io.owlmesh.model.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** LLaVA's folders: names of five kinds, towers apart, and what is refused by name. */
class LlavaFolderTest {
  private static final Path RESOURCES = Path.of("src/test/resources");
  private static final Path TINY = RESOURCES.resolve("llava-tiny/checkpoints/middle-names-bf16");
  private static final Path AUTHORS =
      RESOURCES.resolve("llava-variants/authors-linear/checkpoints/authors-linear");

  @TempDir private Path temp;

  private Path copy(Path from) {
    return OwlTiny.copyFiles(from, temp.resolve("m"));
  }

  /** A copy of the authors' folder, and of the tower where it is asked for. */
  private Path authors(String tower) throws IOException {
    Path folder = Files.createDirectories(temp.resolve("m"));
    for (String name : List.of("config.json", "model.safetensors", "tokenizer.model")) {
      Files.copy(AUTHORS.resolve(name), folder.resolve(name));
    }
    if (!tower.isEmpty()) {
      OwlTiny.copyFiles(AUTHORS.resolve("vision_tower"), temp.resolve(tower));
    }
    return folder;
  }

  private static String problems(Path folder) {
    return Inspection.of(folder).problems().stream()
        .map(Problem::toString)
        .collect(Collectors.joining("\n"));
  }

  private static void replace(Path file, SortedMap<String, HostTensor> tensors) throws IOException {
    Files.delete(file);
    SafetensorsWriter.writeAll(file, tensors, Map.of());
  }

  private static void rename(Path file, UnaryOperator<String> names) throws IOException {
    SortedMap<String, HostTensor> renamed = new TreeMap<>();
    SafetensorsFile.load(file).forEach((name, t) -> renamed.put(names.apply(name), t));
    replace(file, renamed);
  }

  @ParameterizedTest
  @ValueSource(strings = {"middle-names-bf16", "safetensors-sharded-bf16", "transformers-5-bf16"})
  void everyGenerationOfNamesIsOneModel(String layout) {
    Checkpoint checkpoint = Checkpoint.open(TINY.resolveSibling(layout));
    checkpoint.requireComplete(Part.VISION, Part.ABSTRACTOR, Part.LANGUAGE);
    assertThat(checkpoint.config()).isEqualTo(Checkpoint.open(TINY).config());
    assertThat(WeightsDigest.of(checkpoint, Part.VISION))
        .isEqualTo(WeightsDigest.of(Checkpoint.open(TINY), Part.VISION));
    // The last layer and the norm behind it are not read: features are of the one before.
    assertThat(checkpoint.tensors().keySet())
        .noneMatch(
            name -> name.contains("post_layernorm") || name.contains("layers.3.layer_norm1"));
  }

  @Test
  void theFolderDecidesHowPicturesBecomeSquares() throws IOException {
    LlavaConfig crops = (LlavaConfig) Checkpoint.open(TINY).config();
    LlavaConfig pads =
        (LlavaConfig)
            Checkpoint.open(
                    RESOURCES.resolve("llava-variants/authors-mlp-pad/checkpoints/authors-mlp-pad"))
                .config();
    assertThat(crops.preprocessing().fit()).isEqualTo(Fit.CROP);
    assertThat(pads.preprocessing().fit()).isEqualTo(Fit.PAD);
    Path folder = copy(TINY);
    OwlTiny.edit(
        folder.resolve("preprocessor_config.json"),
        "\"resample\"",
        "\"do_pad\": true, \"resample\"");
    assertThat(((LlavaConfig) Checkpoint.open(folder).config()).preprocessing().fit())
        .isEqualTo(Fit.PAD);
  }

  @Test
  void aTowerLiesWithinTheCheckpointOrBesideIt() throws IOException {
    Path folder = authors("vision_tower");
    assertThat(problems(folder)).isEmpty();
    OwlTiny.edit(
        folder.resolve("config.json"), "\"vision_tower\"", "\"openai/clip-vit-large-patch14-336\"");
    assertThat(problems(folder))
        .contains("the vision tower is not among the weights")
        .contains("openai/clip-vit-large-patch14-336")
        .contains(temp.resolve("clip-vit-large-patch14-336").toString());
    Files.move(temp.resolve("vision_tower"), temp.resolve("clip-vit-large-patch14-336"));
    assertThat(problems(folder)).isEmpty();
  }

  @Test
  void aTowerIsNoPathOutOfTheFolder() throws IOException {
    Path folder = authors("elsewhere");
    OwlTiny.edit(folder.resolve("config.json"), "\"vision_tower\"", "\"../x/..\"");
    assertThat(problems(folder)).contains("is not the name of a folder");
  }

  @Test
  void aTowerAmongTheWeightsNeedsNoFolder() throws IOException {
    Path folder = authors("");
    SortedMap<String, HostTensor> all =
        new TreeMap<>(SafetensorsFile.load(folder.resolve("model.safetensors")));
    SafetensorsFile.load(AUTHORS.resolve("vision_tower/model.safetensors"))
        .forEach((name, t) -> all.put("model.vision_tower.vision_tower." + name, t));
    replace(folder.resolve("model.safetensors"), all);
    OwlTiny.edit(
        folder.resolve("config.json"),
        "\"mm_hidden_size\"",
        "\"vision_config\": {\"hidden_size\": 32, \"intermediate_size\": 64,"
            + " \"num_hidden_layers\": 4, \"num_attention_heads\": 4, \"image_size\": 56,"
            + " \"patch_size\": 14}, \"mm_hidden_size\"");
    assertThat(problems(folder)).isEmpty();
    assertThat(Checkpoint.open(folder).config().visualTokens()).isEqualTo(16);
  }

  @Test
  void namesOfTwoKindsAreRefused() throws IOException {
    Path folder = copy(TINY);
    rename(
        folder.resolve("model.safetensors"),
        name -> name.replace("model.multi_modal_projector.linear_1", "model.mm_projector.0"));
    assertThat(problems(folder))
        .startsWith("model.safetensors: tensors are named in several ways")
        .doesNotContain("\n")
        .contains("LLaVA's authors")
        .contains("transformers from 4.52");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"clip_vision_model\" | \"siglip_vision_model\" | siglip_vision_model",
        "\"llama\" | \"mistral\" | model_type is 'mistral'",
        "\"gelu\" | \"relu\" | projector_hidden_act 'relu'",
        "\"image_token_index\": 500 | \"image_token_index\": 7 | image_token_index is 7",
        "\"vision_feature_layer\": -2 | \"vision_feature_layer\": 9 | expected layers from -5 to 4",
        "\"vocab_size\": 512, | \"vocab_size\": 512, \"rope_scaling\": {\"type\": \"yarn\"}, | 'yarn'",
        "\"rms_norm_eps\" | \"attention_bias\": true, \"rms_norm_eps\" | attention_bias",
        "\"image_token_index\" | \"image_token_id\": 501, \"image_token_index\" | image_token_index is 500, but image_token_id 501",
        "\"vision_feature_layer\": -2 | \"vision_feature_layer\": 4294967294 | vision_feature_layer is 4294967294",
        "\"vision_feature_layer\" | \"multimodal_projector_bias\": \"no\", \"vision_feature_layer\" | expected true or false",
        "\"projector_hidden_act\": \"gelu\" | \"projector_hidden_act\": [\"gelu\"] | expected a text",
        "\"vision_feature_layer\" | \"quantization_config\": {\"quant_method\": \"awq\"}, \"vision_feature_layer\" | quantization_config of 'awq'",
        "\"rms_norm_eps\" | \"partial_rotary_factor\": 0.5, \"rms_norm_eps\" | partial_rotary_factor below 1",
        "\"rms_norm_eps\" | \"rope_parameters\": {\"partial_rotary_factor\": 0.5}, \"rms_norm_eps\" | partial_rotary_factor below 1",
        "\"rms_norm_eps\" | \"rope_scaling\": {\"factor\": 2}, \"rms_norm_eps\" | without a rope_type",
        "\"rms_norm_eps\" | \"rope_scaling\": {\"type\": \"linear\", \"factor\": true}, \"rms_norm_eps\" | factor is true",
        "\"rms_norm_eps\" | \"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": 8}, \"rms_norm_eps\" | low_freq_factor of the rotary embedding is missing"
      })
  void whatIsNotServedIsRefusedByName(String from, String to, String expected) throws IOException {
    Path folder = copy(TINY);
    OwlTiny.edit(folder.resolve("config.json"), from, to);
    assertThat(problems(folder)).contains(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"do_rescale\": true | \"do_rescale\": false | do_rescale must be true",
        "\"do_resize\": true | \"do_resize\": false | do_resize must be true",
        "\"do_normalize\": true | \"do_normalize\": false | do_normalize must be true",
        "\"do_center_crop\": true | \"do_center_crop\": false | gives no squares",
        "\"resample\": 3 | \"resample\": 2 | resample is 2; only 3 is served",
        "0.00392156862745098 | 0 | rescale_factor is 0",
        "0.00392156862745098 | 0.00784313725490196 | expected 1 / 255",
        "\"shortest_edge\" | \"longest_edge\" | size is {\"longest_edge\":56}",
        "\"shortest_edge\" | \"height\" | size is {\"height\":56}"
      })
  void picturesThatWouldBePreparedOtherwiseAreRefusedByName(String from, String to, String expected)
      throws IOException {
    Path folder = copy(TINY);
    OwlTiny.edit(folder.resolve("preprocessor_config.json"), from, to);
    assertThat(problems(folder)).startsWith("preprocessor_config.json: ").contains(expected);
  }

  @Test
  void theEndOfAnswersIsThatOfTheGenerationConfig() throws IOException {
    Path folder = copy(TINY);
    OwlTiny.edit(
        folder.resolve("config.json"), "\"rms_norm_eps\"", "\"eos_token_id\": 7, \"rms_norm_eps\"");
    assertThat(Checkpoint.open(folder).config().language().eos()).isEqualTo(2);
    Files.delete(folder.resolve("generation_config.json"));
    assertThat(Checkpoint.open(folder).config().language().eos()).isEqualTo(7);
  }

  @Test
  void ofAFamilyThatIsNotServedOneThingIsSaid() throws IOException {
    Path folder = copy(TINY);
    OwlTiny.edit(folder.resolve("config.json"), "\"llava\"", "\"llava_next\"");
    assertThat(Inspection.of(folder).problems()).hasSize(1);
    assertThat(problems(folder)).startsWith("config.json: model_type is 'llava_next'; served are");
    Files.delete(folder.resolve("config.json"));
    assertThat(problems(folder)).isEqualTo("config.json: missing");
  }

  @Test
  void anAuthorsFolderWithoutAnyTowerSaysSo() throws IOException {
    Path folder = authors("");
    OwlTiny.edit(folder.resolve("config.json"), "\"mm_vision_tower\"", "\"another_key\"");
    assertThat(problems(folder)).contains("mm_vision_tower is missing").doesNotContain("channels");
  }

  @Test
  void aTemplateThatIsNotUnderstoodIsRefused() throws IOException {
    Path folder = copy(TINY);
    Files.writeString(folder.resolve("chat_template.jinja"), "{% for m in messages %}<image>");
    assertThat(problems(folder)).isEqualTo("chat template: lacks endfor");
  }

  @Test
  void aProjectorOfAnotherWidthIsRefused() throws IOException {
    Path folder = copy(TINY);
    OwlTiny.edit(
        folder.resolve("config.json"),
        "\"vision_feature_layer\": -2",
        "\"vision_feature_layer\": [-3, -2]");
    assertThat(problems(folder))
        .contains("multi_modal_projector.linear_1.weight: shape [64, 32], expected [64, 64]");
  }

  @Test
  void aProjectorOfOneLayerIsOne() throws IOException {
    Path folder = copy(TINY);
    Path weights = folder.resolve("model.safetensors");
    SortedMap<String, HostTensor> without = new TreeMap<>(SafetensorsFile.load(weights));
    without.keySet().removeIf(name -> name.contains("linear_2"));
    replace(weights, without);
    assertThat(problems(folder)).isEmpty();
    assertThat(((LlavaConfig) Checkpoint.open(folder).config()).projector().layers()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"peft", "older-names", "authors-names"})
  void anAdapterFitsUnderEveryNaming(String naming) {
    AdapterFile adapter = AdapterFile.open(RESOURCES.resolve("llava-tiny/adapters/" + naming));
    assertThat(adapter.mismatches(Checkpoint.open(TINY).config())).isEmpty();
    assertThat(adapter.modules()).hasSize(14);
  }

  @Test
  void anAdapterOfTheTowerIsRefusedByName() throws IOException {
    Path folder = temp.resolve("a");
    OwlTiny.copyFiles(RESOURCES.resolve("llava-tiny/adapters/peft"), folder);
    rename(
        folder.resolve("adapter_model.safetensors"),
        name -> name.replace("language_model.layers.0", "vision_tower.encoder.layers.0"));
    assertThat(AdapterFile.open(folder).mismatches(Checkpoint.open(TINY).config()).toString())
        .contains(
            "vision_tower.encoder.layers.0.self_attn.q_proj: not a layer that can be adapted");
  }

  @Test
  void anAdapterWithAProjectorOfItsOwnIsRefused() throws IOException {
    Path folder = temp.resolve("a");
    OwlTiny.copyFiles(RESOURCES.resolve("llava-tiny/adapters/authors-names"), folder);
    Files.write(folder.resolve("non_lora_trainables.bin"), new byte[] {1});
    assertThat(Inspection.of(temp).problems().toString()).contains("non_lora_trainables.bin");
  }
}
