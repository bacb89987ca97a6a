// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.core.DType;
import io.owlmesh.model.family.llama.LlamaConfig;
import io.owlmesh.model.family.mplugowl.MplugOwlConfig;
import io.owlmesh.model.json.Problem;
import io.owlmesh.model.json.Problems;
import io.owlmesh.model.random.Preset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigFileTest {
  @TempDir private Path folder;

  private final Problems problems = new Problems();

  private MplugOwlConfig read(String config) throws IOException {
    Files.writeString(folder.resolve("config.json"), config);
    return (MplugOwlConfig)
        ConfigFile.open(folder, problems).read(Map.of(), Set.of(), Optional.empty());
  }

  private LlamaConfig llama(String config) throws IOException {
    return (LlamaConfig) read(config).language();
  }

  @Test
  void anEmptyConfigurationTakesTheAuthorsDefaults() throws IOException {
    MplugOwlConfig config = read("{}");
    assertThat(problems.list()).isEmpty();
    MplugOwlConfig seven = (MplugOwlConfig) Preset.OWL_7B.config();
    assertThat(config.vision()).isEqualTo(seven.vision());
    assertThat(config.language()).isEqualTo(seven.language());
    assertThat(config.preprocessing()).isEqualTo(seven.preprocessing());
    assertThat(config.queries()).isEqualTo(64);
    // Their code says 4096, their weights 2816: the tensors decide.
    assertThat(config.abstractor().mlpWidth()).isEqualTo(4096);
  }

  static List<Preset> presets() {
    return Preset.all();
  }

  @ParameterizedTest
  @MethodSource("presets")
  void whatIsWrittenIsReadBack(Preset preset) throws IOException {
    for (var file : preset.config().files(DType.FLOAT16).entrySet()) {
      Files.writeString(folder.resolve(file.getKey()), file.getValue().toString());
    }
    assertThat(ConfigFile.open(folder, problems).read(Map.of(), Set.of(), Optional.empty()))
        .isEqualTo(preset.config());
    assertThat(problems.list()).isEmpty();
  }

  @Test
  void keyValueHeadsDefaultToHeadsAndHeadSizeMayDiffer() throws IOException {
    MplugOwlConfig config =
        read("{'text_config':{'num_attention_heads':16,'head_dim':64}}".replace('\'', '"'));
    assertThat(problems.list()).isEmpty();
    assertThat(config.language().keyValueHeads()).isEqualTo(16);
    assertThat(config.language().headSize()).isEqualTo(64);
  }

  @ParameterizedTest
  @ValueSource(strings = {"n_embed", "n_embd", "hidden_size"})
  void theWidthOfABloomIsReadInEverySpelling(String key) throws IOException {
    String config = "{'text_config':{'model_type':'bloom','KEY':96}}".replace("KEY", key);
    assertThat(read(config.replace('\'', '"')).language().width()).isEqualTo(96);
    assertThat(problems.list()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"blip-2", "instructblip"})
  void positionsOfAQFormerAreAbsolute(String type) throws IOException {
    String config =
        "{'model_type':'TYPE','qformer_config':{'position_embedding_type':'relative_key'}}";
    Files.writeString(
        folder.resolve("config.json"), config.replace("TYPE", type).replace('\'', '"'));
    ConfigFile.open(folder, problems).read(Map.of(), Set.of(), Optional.empty());
    assertThat(problems.list().toString())
        .contains("position_embedding_type 'relative_key' is not 'absolute'");
  }

  @Test
  void theRotaryBaseIsFoundInEitherPlace() throws IOException {
    assertThat(llama("{\"text_config\":{\"rope_theta\":5}}").ropeTheta()).isEqualTo(5);
    String newer =
        "{'text_config':{'rope_scaling':null,'rope_parameters':"
            + "{'rope_type':'default','rope_theta':6}}}";
    assertThat(llama(newer.replace('\'', '"')).ropeTheta()).isEqualTo(6);
    assertThat(problems.list()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'model_type':'mplug_owl2'}|model_type is 'mplug_owl2'; served are model_type blip-2",
        "{'architectures':['Owl2']}|architectures is 'Owl2'",
        "{'text_config':{'model_type':'mistral'}}|model_type is 'mistral'",
        "{'text_config':{'model_type':'bloom','n_head':7}}|7 heads do not divide width 64",
        "{'text_config':{'model_type':'bloom','n_head':8,'num_attention_heads':4}}|n_head is 8, but num_attention_heads 4",
        "{'text_config':{'model_type':'bloom','n_embd':64,'hidden_size':32}}|n_embd is 64, but hidden_size 32",
        "{'text_config':{'hidden_act':'gelu'}}|hidden_act 'gelu'",
        "{'text_config':{'rope_theta':true}}|rope_theta is true",
        "{'text_config':{'attention_bias':true}}|attention_bias is not supported",
        "{'text_config':{'rope_scaling':{'type':'yarn','factor':2}}}|'yarn'; known are [default, linear",
        "{'text_config':{'rope_scaling':{'rope_type':'llama3'}}}|factor of the rotary",
        "{'text_config':{'num_attention_heads':7}}|7 heads do not divide width 4096",
        "{'text_config':{'num_key_value_heads':5}}|5 heads of keys do not divide 32",
        "{'text_config':{'head_dim':3}}|odd head size 3",
        "{'text_config':{'vocab_size':0}}|vocab_size is 0",
        "{'text_config':{'hidden_size':99999999}}|hidden_size is 99999999",
        "{'text_config':{'hidden_size':1e3}}|hidden_size is 1000",
        "{'text_config':{'rms_norm_eps':-1}}|rms_norm_eps is -1",
        "{'text_config':{'eos_token_id':32000}}|eos_token_id is 32000",
        "{'text_config':7}|text_config is not an object",
        "{'vision_config':{'num_hidden_layers':100000}}|num_hidden_layers is 100000",
        "{'vision_config':{'image_size':225}}|patches of 14 do not tile 225",
        "{'vision_config':{'num_channels':1}}|num_channels is 1",
        "{'visual_abstractor_config':{'hidden_size':768}}|must be the vision encoder's 1024",
        "{'num_query_tokens':'64'}|num_query_tokens is",
        "{'visual_abstractor_config':{'num_hidden_layers':0}}|one for each of the 257 features",
        "[]|not a JSON object",
        "{|not JSON",
        "{'a':1,'a':2}|Duplicate field",
      },
      quoteCharacter = '`')
  void impossibleAndOtherModelsAreRefusedByName(String config, String message) throws IOException {
    read(config.replace('\'', '"'));
    assertThat(problems.list().toString()).contains(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'resolution':224}",
        "{'size':224,'crop_size':224}",
        "{'size':{'shortest_edge':224},'crop_size':{'height':224,'width':224}}",
        "{'size':null}",
        "{}"
      })
  void theSizeOfPicturesIsReadInEverySpelling(String config) throws IOException {
    Files.writeString(folder.resolve("preprocessor_config.json"), config.replace('\'', '"'));
    assertThat(read("{}").preprocessing().size()).isEqualTo(224);
    assertThat(problems.list()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'resolution':336}",
        "{'crop_size':{'height':224,'width':336}}",
        "{'image_mean':[1,2]}",
        "{'image_std':[1,0,1]}",
        "{'image_std':['a',1,1]}"
      })
  void impossiblePreprocessingIsRefused(String config) throws IOException {
    Files.writeString(folder.resolve("preprocessor_config.json"), config.replace('\'', '"'));
    read("{}");
    assertThat(problems.list())
        .singleElement()
        .extracting(Problem::where)
        .isEqualTo("preprocessor_config.json");
  }
}
