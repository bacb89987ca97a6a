// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.OwlConfig;
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

  private static OwlConfig config() {
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
        "{'rank_pattern':{'q_proj':2}}|rank_pattern is not supported",
        "{'alpha_pattern':{'q_proj':2}}|alpha_pattern is not supported",
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
