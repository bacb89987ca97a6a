// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdapterFileTest {
  private static final String LAYER = "language_model.model.layers.0.self_attn.q_proj";

  @TempDir private Path temp;

  private static ModelConfig config() {
    return Checkpoint.open(OwlTiny.checkpoint("safetensors")).config();
  }

  private static AdapterFile.Pair pair(AdapterFile adapter, String module) {
    return Objects.requireNonNull(adapter.modules().get(module));
  }

  private Path write(String config, SortedMap<String, HostTensor> tensors) throws IOException {
    Files.writeString(temp.resolve("adapter_config.json"), config.replace('\'', '"'));
    SafetensorsWriter.writeAll(temp.resolve("adapter_model.safetensors"), tensors, Map.of());
    return temp;
  }

  private static HostTensor zeros(int... shape) {
    return HostTensor.ofFloats(new float[shape[0] * shape[1]], shape[0], shape[1]);
  }

  private static SortedMap<String, HostTensor> pairOf(String module, int rank, int in, int out) {
    SortedMap<String, HostTensor> tensors = new TreeMap<>();
    tensors.put("base_model.model." + module + ".lora_A.weight", zeros(rank, in));
    tensors.put("base_model.model." + module + ".lora_B.weight", zeros(out, rank));
    return tensors;
  }

  @Test
  void bothNamingsHoldTheSameAdapter() {
    AdapterFile peft = AdapterFile.open(OwlTiny.adapter("peft"));
    AdapterFile dump = AdapterFile.open(OwlTiny.adapter("trainer-dump"));
    peft.validate(config());
    dump.validate(config());
    assertThat(peft.name()).isEqualTo("peft");
    assertThat(peft.rank()).isEqualTo(4);
    assertThat(peft.alpha()).isEqualTo(16);
    assertThat(peft.alphaAssumed()).isFalse();
    assertThat(peft.scaling()).isEqualTo(4);
    assertThat(peft.modules().keySet()).isEqualTo(dump.modules().keySet()).contains(LAYER);
    assertThat(pair(peft, LAYER).a().shape()).containsExactly(4, 64);
    assertThat(pair(peft, LAYER).b().shape()).containsExactly(64, 4);
    for (String module : peft.modules().keySet()) {
      assertThat(pair(peft, module).a().toFloats()).isEqualTo(pair(dump, module).a().toFloats());
      assertThat(pair(peft, module).b().toFloats()).isEqualTo(pair(dump, module).b().toFloats());
    }
  }

  @Test
  void oneFileIsAnAdapterWithTheConfigurationBesideIt() throws IOException {
    Path file = OwlTiny.adapter("peft").resolve("adapter_model.safetensors");
    assertThat(AdapterFile.open(file).alphaAssumed()).isFalse();
    Path alone = Files.copy(file, temp.resolve("painter.bin"));
    AdapterFile adapter = AdapterFile.open(alone);
    assertThat(adapter.name()).isEqualTo("painter");
    assertThat(adapter.alphaAssumed()).isTrue();
    assertThat(adapter.alpha()).isEqualTo(16);
  }

  @Test
  void rootScalingDividesByTheRootOfTheRank() throws IOException {
    AdapterFile adapter =
        AdapterFile.open(
            write("{'r':4,'lora_alpha':16,'use_rslora':true}", pairOf(LAYER, 4, 64, 64)));
    assertThat(adapter.scaling()).isEqualTo(8);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'use_dora':true}|use_dora is not supported",
        "{'fan_in_fan_out':true}|fan_in_fan_out is not supported",
        "{'bias':'all'}|bias 'all'",
        "{'modules_to_save':['lm_head']}|modules_to_save is not supported",
        "{'rank_pattern':{'q_proj':2}}|rank 4 in lora_A and 4 in lora_B, expected 2",
        "{'rank_pattern':{'q_proj':-2}}|rank_pattern.q_proj is -2; expected a number above 0",
        "{'alpha_pattern':{'q_proj':'x'}}|alpha_pattern.q_proj is \"x\"; expected a number",
        "{'alpha_pattern':[2]}|alpha_pattern is no object",
        "{'alpha_pattern':{'(q':2}}|alpha_pattern.(q is not understood",
        "{'alpha_pattern':{'(((a{100}){100}){100}){100}':2}}|200 characters, or with a count",
        "{'alora_invocation_tokens':[1000,1001,1002]}|alora_invocation_tokens is not supported",
        "{'bias':'lora_only'}|bias 'lora_only' is not supported",
        "{'target_parameters':['experts']}|target_parameters is not supported",
        "{'layer_replication':[[0,1]]}|layer_replication is not supported",
        "{'arrow_config':{'top_k':2}}|arrow_config is not supported",
        "{'megatron_config':{'a':2}}|megatron_config is not supported",
        "{'enable_lora':[true]}|enable_lora is not supported",
        "{'something_of_tomorrow':0.5}|something_of_tomorrow is not supported",
        "{'peft_type':'IA3'}|peft_type is 'IA3'",
        "{'init_lora_weights':'pissa'}|init_lora_weights 'pissa'",
        "{'r':8}|rank 4 in lora_A and 4 in lora_B, expected 8",
        "{'r':-1}|r is -1",
        "nothing|not JSON",
      },
      quoteCharacter = '`')
  void whatWouldComputeSomethingElseIsRefusedByName(String config, String message)
      throws IOException {
    Path folder = write(config, pairOf(LAYER, 4, 64, 64));
    assertThatThrownBy(() -> AdapterFile.open(folder))
        .isInstanceOf(OwlException.class)
        .hasMessageContaining(message);
  }

  /** As PEFT 0.18 writes it. */
  @Test
  void everyFieldAtItsNeutralValueIsUnderstood() throws IOException {
    String config =
        """
        {'alora_invocation_tokens':null,'alpha_pattern':{},'arrow_config':null,
        'auto_mapping':{'base_model_class':'X'},'base_model_name_or_path':'/x','bias':'none',
        'corda_config':null,'ensure_weight_tying':false,'eva_config':null,'exclude_modules':null,
        'fan_in_fan_out':false,'inference_mode':true,'init_lora_weights':true,
        'layer_replication':null,'layers_pattern':null,'layers_to_transform':null,
        'loftq_config':{},'lora_alpha':16,'lora_bias':false,'lora_dropout':0.05,
        'megatron_config':null,'megatron_core':'megatron.core','modules_to_save':null,
        'peft_type':'LORA','peft_version':'0.18.0','qalora_group_size':16,'r':4,'rank_pattern':{},
        'revision':null,'target_modules':['q_proj'],'target_parameters':null,
        'task_type':'CAUSAL_LM','trainable_token_indices':null,'use_dora':false,
        'use_qalora':false,'use_rslora':false,'something_of_tomorrow':null}
        """;
    AdapterFile adapter = AdapterFile.open(write(config, pairOf(LAYER, 4, 64, 64)));

    assertThat(adapter.scaling()).isEqualTo(4);
  }

  @Test
  void alphaIsEightWhereTheConfigurationDoesNotSay() throws IOException {
    AdapterFile adapter = AdapterFile.open(write("{'r':4}", pairOf(LAYER, 4, 64, 64)));

    assertThat(adapter.alpha()).isEqualTo(8);
    assertThat(adapter.alphaAssumed()).isFalse();
    assertThat(pair(adapter, LAYER).scaling()).isEqualTo(2);
  }

  @Test
  void patternsGiveLayersARankAndAnAlphaOfTheirOwn() throws IOException {
    String down = "language_model.model.layers.1.mlp.down_proj";
    String up = "language_model.model.layers.1.mlp.up_proj";
    SortedMap<String, HostTensor> tensors = pairOf(LAYER, 4, 64, 64);
    tensors.putAll(pairOf(down, 2, 96, 64));
    tensors.putAll(pairOf(up, 8, 64, 96));
    AdapterFile adapter =
        AdapterFile.open(
            write(
                "{'r':4,'lora_alpha':16,"
                    + "'rank_pattern':{'^language_model\\\\..*down_proj':2,'layers.1.mlp.up_proj':8},"
                    + "'alpha_pattern':{'up_proj':4,'.*_proj$':32,'down_proj':1}}",
                tensors));

    assertThat(adapter.rank()).isEqualTo(8);
    assertThat(adapter.alpha()).isEqualTo(16);
    assertThat(pair(adapter, up).scaling()).isEqualTo(0.5);
    assertThat(pair(adapter, down).scaling()).isEqualTo(16);
    assertThat(pair(adapter, LAYER).scaling()).isEqualTo(8);
  }

  /** The end of a path counts from a dot on: {@code proj} alone is the end of no layer. */
  @Test
  void aPatternMatchesWholeNames() throws IOException {
    AdapterFile adapter =
        AdapterFile.open(
            write(
                "{'r':4,'lora_alpha':16,'alpha_pattern':{'proj':1,'^layers.0.self_attn.q_proj':2}}",
                pairOf(LAYER, 4, 64, 64)));

    assertThat(pair(adapter, LAYER).scaling()).isEqualTo(4);
  }

  @ParameterizedTest
  @CsvSource({
    "model.layers.0.self_attn.q_proj",
    "layers.0.self_attn.q_proj",
    "model.language_model.layers.0.self_attn.q_proj"
  })
  void anAdapterMadeOnTheLanguageModelAloneFitsTheWhole(String path) throws IOException {
    AdapterFile adapter =
        AdapterFile.open(
            write(
                "{'r':4,'lora_alpha':16,'alpha_pattern':{'^%s':4}}".formatted(path),
                pairOf(path, 4, 64, 64)));

    adapter.validate(config());
    assertThat(adapter.modules()).containsOnlyKeys(LAYER);
    assertThat(pair(adapter, LAYER).scaling()).isEqualTo(1);
  }

  @Test
  void twoMatricesForOneLayerAreRefused() throws IOException {
    SortedMap<String, HostTensor> tensors = pairOf(LAYER, 4, 64, 64);
    tensors.putAll(pairOf("model.layers.0.self_attn.q_proj", 4, 64, 64));
    Path folder = write("{}", tensors);

    assertThatThrownBy(() -> AdapterFile.open(folder))
        .hasMessageContaining("a second matrix of " + LAYER);
  }

  @Test
  void messagesNameAnAdapterThatHasANameAndNotWhereItLies() throws IOException {
    Files.writeString(temp.resolve("adapter_config.json"), "{\"use_dora\":true,\"r\":0}");
    Path empty = Files.createDirectory(temp.resolve("empty"));
    for (Path place : new Path[] {temp, empty, temp.resolve("none")}) {
      assertThatThrownBy(() -> AdapterFile.open(place, "style"))
          .isInstanceOf(OwlException.class)
          .message()
          .doesNotContain(temp.toString())
          .doesNotContain(String.valueOf(temp.getFileName()));
    }
  }

  @Test
  void aConfigurationTooLargeToBeOneIsNotParsed() throws IOException {
    Path folder = write("[" + "{},".repeat(3 << 20) + "{}]", pairOf(LAYER, 4, 64, 64));

    assertThatThrownBy(() -> AdapterFile.open(folder))
        .hasMessageContaining("adapter_config.json: larger than 8388608 bytes");
  }

  @Test
  void everyBadMatrixIsNamed() throws IOException {
    SortedMap<String, HostTensor> tensors = pairOf(LAYER, 4, 64, 64);
    tensors.put("a.q_proj.lora_A.weight", zeros(4, 64));
    tensors.put("b.q_proj.lora_B.weight", zeros(64, 4));
    tensors.put("c.q_proj.lora_magnitude_vector", zeros(64, 1));
    tensors.put("d.weight", zeros(1, 1));
    tensors.put("e.lora_A.weight", HostTensor.ofFloats(new float[1], 1));
    tensors.put("f.lora_A.weight", HostTensor.ofFloats(new float[] {1, Float.NaN}, 1, 2));
    Path folder = write("{}", tensors);
    assertThatThrownBy(() -> AdapterFile.open(folder))
        .hasMessageContainingAll(
            "a.q_proj: lora_A without lora_B",
            "b.q_proj: lora_B without lora_A",
            "c.q_proj.lora_magnitude_vector: an adapter tensor of a kind",
            "d.weight: not a LoRA matrix",
            "e.lora_A.weight: shape [1]",
            "f.lora_A.weight: holds NaN");
  }

  @Test
  void anAdapterMustFitTheModel() throws IOException {
    SortedMap<String, HostTensor> tensors = pairOf(LAYER, 4, 32, 64);
    tensors.putAll(pairOf(LAYER.replace("layers.0", "layers.7"), 4, 64, 64));
    tensors.putAll(pairOf("vision_model.encoder.layers.0.mlp.fc1", 4, 32, 64));
    tensors.putAll(pairOf("language_model.model.layers.0.mlp.down_proj", 4, 96, 64));
    AdapterFile adapter = AdapterFile.open(write("{}", tensors));
    assertThatThrownBy(() -> adapter.validate(config()))
        .hasMessageContainingAll(
            "3 problems",
            LAYER + ": adapts a layer of [64, 32], but this one is [64, 64]",
            "layers.7.self_attn.q_proj: not a layer that can be adapted",
            "fc1: not a layer that can be adapted");
  }

  @Test
  void aFolderWithoutAdapterIsRefused() {
    assertThatThrownBy(() -> AdapterFile.open(temp)).hasMessageContaining("no weights");
    Path base = OwlTiny.checkpoint("safetensors");
    assertThatThrownBy(() -> AdapterFile.open(base)).hasMessageContaining("no LoRA matrices");
  }
}
