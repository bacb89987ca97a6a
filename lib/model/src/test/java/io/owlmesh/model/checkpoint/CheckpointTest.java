// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.core.DType;
import io.owlmesh.core.Fault;
import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.family.mplugowl.MplugOwlConfig;
import io.owlmesh.model.image.Preprocessing;
import io.owlmesh.model.weights.MappedTensor;
import io.owlmesh.model.weights.SafetensorsFile;
import io.owlmesh.model.weights.SafetensorsWriter;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointTest {
  @SuppressWarnings("unused") // Read by name.
  static final List<String> LAYOUTS = OwlTiny.LAYOUTS;

  private static final String SHARD = "model-00002-of-00003.safetensors";

  @TempDir private Path temp;

  private static float[] floats(Checkpoint checkpoint, String name) {
    try (MappedTensor tensor = checkpoint.map(name)) {
      return tensor.copy().toFloats();
    }
  }

  private static void assertBad(Path folder, String... messages) {
    assertThatThrownBy(() -> Checkpoint.open(folder).requireComplete(Part.values()))
        .isInstanceOfSatisfying(
            OwlException.class, e -> assertThat(e.fault()).isEqualTo(Fault.BAD_CHECKPOINT))
        .hasMessageContainingAll(messages);
  }

  /** The tensors of the fixture, wrapped as a trainer dumps them. */
  private Path trainerDump(String baseSuffix) throws IOException {
    Path folder = OwlTiny.copy("safetensors", temp.resolve("checkpoint-500"));
    SortedMap<String, HostTensor> dump = new TreeMap<>();
    SafetensorsFile.load(folder.resolve("model.safetensors"))
        .forEach((name, tensor) -> {
          boolean adapted = name.contains("q_proj") || name.contains("v_proj");
          String named = adapted ? name.replace(".weight", baseSuffix) : name;
          dump.put("base_model.model." + named, tensor);
        });
    SafetensorsFile.load(OwlTiny.adapter("peft").resolve("adapter_model.safetensors"))
        .forEach((name, t) -> dump.put(name.replace(".weight", ".default.weight"), t));
    Files.delete(folder.resolve("model.safetensors"));
    SafetensorsWriter.writeAll(folder.resolve("model.safetensors"), dump, Map.of());
    return folder;
  }

  @ParameterizedTest
  @FieldSource("LAYOUTS")
  void everyLayoutHoldsTheSameModel(String layout) {
    Checkpoint reference = Checkpoint.open(OwlTiny.checkpoint("safetensors"));
    Checkpoint checkpoint = Checkpoint.open(OwlTiny.checkpoint(layout));
    checkpoint.requireComplete(Part.values());
    assertThat(checkpoint.config()).isEqualTo(reference.config());
    assertThat(checkpoint.tensors().keySet()).isEqualTo(reference.tensors().keySet());
    assertThat(checkpoint.adapterTensors()).isEmpty();
    for (String name : reference.tensors().keySet()) {
      assertThat(floats(checkpoint, name)).as(name).isEqualTo(floats(reference, name));
    }
  }

  @Test
  void aMappedTensorIsDirectLittleEndianAndExactlyTheTensor() {
    Checkpoint checkpoint = Checkpoint.open(OwlTiny.checkpoint("bin-sharded-bf16"));
    try (MappedTensor tensor = checkpoint.map("query_tokens")) {
      assertThat(tensor.dtype()).isEqualTo(DType.BFLOAT16);
      assertThat(tensor.shape()).containsExactly(1, 6, 32);
      assertThat(tensor.bytes().isDirect()).isTrue();
      assertThat(tensor.bytes().isReadOnly()).isTrue();
      assertThat(tensor.bytes().remaining()).isEqualTo(6 * 32 * 2);
    }
  }

  @Test
  void aTensorThatIsNotThereIsNamed() {
    Checkpoint checkpoint = Checkpoint.open(OwlTiny.checkpoint("safetensors"));
    assertThatThrownBy(() -> checkpoint.map("nothing").close())
        .hasMessageContaining("nothing: missing tensor");
  }

  @Test
  void theDimensionsAreThoseOfTheFixture() {
    var config = (MplugOwlConfig) Checkpoint.open(OwlTiny.checkpoint("bin-fp32")).config();
    assertThat(config.vision().tokens()).isEqualTo(17);
    assertThat(config.visualTokens()).isEqualTo(7);
    assertThat(config.abstractor().mlpWidth()).isEqualTo(44);
    assertThat(config.language().headSize()).isEqualTo(16);
    assertThat(config.preprocessing().size()).isEqualTo(56);
    assertThat(config.preprocessing()).isEqualTo(Preprocessing.clip(56));
  }

  @ParameterizedTest
  @ValueSource(strings = {".weight", ".base_layer.weight"})
  void aTrainersDumpOpensWithItsAdapterInside(String baseSuffix) throws IOException {
    Checkpoint checkpoint = Checkpoint.open(trainerDump(baseSuffix));
    checkpoint.requireComplete(Part.values());
    assertThat(checkpoint.adapterTensors()).hasSize(8);
    AdapterFile adapter = AdapterFile.open(checkpoint.folder());
    adapter.validate(checkpoint.config());
    assertThat(adapter.name()).isEqualTo("checkpoint-500");
    assertThat(adapter.alphaAssumed()).isTrue();
    assertThat(adapter.scaling()).isEqualTo(4);
    assertThat(adapter.modules()).hasSize(4);
  }

  @Test
  void aMissingShardIsNamedOnce() throws IOException {
    Path folder = OwlTiny.copy("safetensors-sharded-bf16", temp.resolve("m"));
    Files.delete(folder.resolve(SHARD));
    assertThatThrownBy(() -> Checkpoint.open(folder))
        .hasMessageContaining(SHARD + ": missing shard")
        .hasMessageNotContaining("problems");
  }

  @Test
  void everyDamagedShardIsNamed() throws IOException {
    Path folder = OwlTiny.copy("safetensors-sharded-bf16", temp.resolve("m"));
    Files.write(folder.resolve(SHARD), new byte[4]);
    try (var file =
        new RandomAccessFile(folder.resolve("model-00003-of-00003.safetensors").toFile(), "rw")) {
      file.setLength(file.length() - 2);
    }
    assertBad(folder, SHARD + ": truncated", "model-00003-of-00003.safetensors, ", "out of range");
  }

  @Test
  void anIndexCannotPointElsewhere() throws IOException {
    Path folder = OwlTiny.copy("safetensors-sharded-bf16", temp.resolve("m"));
    OwlTiny.edit(folder.resolve("model.safetensors.index.json"), SHARD, "../" + SHARD);
    assertBad(folder, "'../" + SHARD + "' is not the name of a file");
  }

  @Test
  void anIndexThatDisagreesWithItsShardsIsRefused() throws IOException {
    Path folder = OwlTiny.copy("safetensors-sharded-bf16", temp.resolve("m"));
    OwlTiny.edit(folder.resolve("model.safetensors.index.json"), "\"query_tokens\"", "\"queries\"");
    assertBad(folder, "does not hold queries");
  }

  @Test
  void aTensorInTwoFilesIsRefused() throws IOException {
    Path folder = OwlTiny.copy("safetensors-sharded-bf16", temp.resolve("m"));
    Path extra = folder.resolve("extra.safetensors");
    SortedMap<String, HostTensor> tensors = new TreeMap<>();
    tensors.put("base_model.model.query_tokens", HostTensor.ofFloats(new float[1], 1));
    SafetensorsWriter.writeAll(extra, tensors, Map.of());
    OwlTiny.edit(
        folder.resolve("model.safetensors.index.json"),
        "\"weight_map\": {",
        "\"weight_map\": {\"base_model.model.query_tokens\": \"extra.safetensors\",");
    assertBad(folder, "query_tokens (as ", "is also in");
  }

  @Test
  void missingUnknownAndMisshapenTensorsAreListedTogether() throws IOException {
    Path folder = OwlTiny.copy("safetensors", temp.resolve("m"));
    Path file = folder.resolve("model.safetensors");
    SortedMap<String, HostTensor> tensors = SafetensorsFile.load(file);
    Files.delete(file);
    tensors.remove("abstractor.vit_eos");
    tensors.put("abstractor.bias_k", HostTensor.ofFloats(new float[1], 1));
    tensors.put("vision_model.post_layernorm.bias", HostTensor.ofFloats(new float[1], 1));
    SafetensorsWriter.writeAll(file, tensors, Map.of());
    assertBad(
        folder,
        "3 problems",
        "abstractor.vit_eos: missing tensor, expected [1, 1, 64]",
        "abstractor.bias_k: unexpected tensor",
        "vision_model.post_layernorm.bias: shape [1], expected [32]");
    Checkpoint.open(folder).requireComplete(Part.LANGUAGE);
  }

  @Test
  void aFolderWithoutWeightsOrConfigurationIsRefused() {
    assertBad(temp, "no weights", "config.json: missing");
    assertBad(temp.resolve("absent"), "not a folder");
  }

  @Test
  void aTiedOutputLayerIsTheEmbedding() throws IOException {
    Path folder = OwlTiny.copy("safetensors", temp.resolve("m"));
    Path file = folder.resolve("model.safetensors");
    SortedMap<String, HostTensor> tensors = SafetensorsFile.load(file);
    Files.delete(file);
    tensors.remove("language_model.lm_head.weight");
    SafetensorsWriter.writeAll(file, tensors, Map.of());
    assertBad(folder, "language_model.lm_head.weight: missing tensor");
    OwlTiny.edit(
        folder.resolve("config.json"),
        "\"tie_word_embeddings\": false",
        "\"tie_word_embeddings\": true");
    Checkpoint checkpoint = Checkpoint.open(folder);
    checkpoint.requireComplete(Part.values());
    assertThat(floats(checkpoint, "language_model.lm_head.weight"))
        .isEqualTo(floats(checkpoint, "language_model.model.embed_tokens.weight"));
  }

  @Test
  void widthsComeFromTheTensorsWhenTheConfigurationDisagrees() throws IOException {
    Path folder = OwlTiny.copy("safetensors", temp.resolve("m"));
    ObjectMapper mapper = new ObjectMapper();
    Path file = folder.resolve("config.json");
    ObjectNode config = (ObjectNode) mapper.readTree(file.toFile());
    ((ObjectNode) config.get("visual_abstractor_config")).remove("intermediate_size");
    config.put("num_query_tokens", 64);
    Files.writeString(file, mapper.writeValueAsString(config));
    Checkpoint checkpoint = Checkpoint.open(folder);
    checkpoint.requireComplete(Part.values());
    MplugOwlConfig read = (MplugOwlConfig) checkpoint.config();
    assertThat(read.abstractor().mlpWidth()).isEqualTo(44);
    assertThat(read.queries()).isEqualTo(6);
  }
}
