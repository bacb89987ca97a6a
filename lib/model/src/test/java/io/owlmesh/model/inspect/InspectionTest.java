// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.checkpoint.OwlTiny;
import io.owlmesh.model.checkpoint.TorchZip;
import io.owlmesh.model.json.Problem;
import io.owlmesh.model.weights.SafetensorsFile;
import io.owlmesh.model.weights.SafetensorsWriter;
import io.owlmesh.model.weights.TensorEntry;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

class InspectionTest {
  @SuppressWarnings("unused") // Read by name.
  static final List<String> LAYOUTS = OwlTiny.LAYOUTS;

  @TempDir private Path temp;

  @ParameterizedTest
  @FieldSource("LAYOUTS")
  void aSoundCheckpointHasNoProblems(String layout) {
    Inspection inspection = Inspection.of(OwlTiny.checkpoint(layout));
    assertThat(inspection.problems()).isEmpty();
    assertThat(inspection.isSound()).isTrue();
    assertThat(inspection.parts())
        .extracting(Inspection.PartSummary::tensors)
        .containsExactly(31, 48, 21);
    assertThat(inspection.parts().getFirst().dtypes())
        .containsExactly(layout.endsWith("bf16") ? DType.BFLOAT16 : DType.FLOAT32);
  }

  @Test
  void everyProblemIsListedAtOnce() throws IOException {
    Path folder = OwlTiny.copy("bin-sharded-bf16", temp.resolve("m"));
    new TorchZip()
        .text("w")
        .global("posix", "system")
        .write(folder.resolve("pytorch_model-00002-of-00002.bin"));
    Files.delete(folder.resolve("tokenizer.model"));
    Files.writeString(folder.resolve("preprocessor_config.json"), "{\"resolution\":224}");
    Path adapter = Files.createDirectory(folder.resolve("style"));
    Files.writeString(adapter.resolve("adapter_config.json"), "{\"use_dora\":true}");
    Inspection inspection = Inspection.of(folder);
    assertThat(inspection.problems().toString())
        .contains("00002-of-00002.bin: refused: the pickle names posix.system")
        .contains("missing tokenizer")
        .contains("resolution is 224, but the vision encoder takes 56")
        .contains("use_dora is not supported")
        .contains("style: no weights");
    assertThat(inspection.problems()).hasSize(5);
  }

  @Test
  void adaptersInSubfoldersAreListed() {
    Path folder = OwlTiny.copy("safetensors", temp.resolve("m"));
    OwlTiny.copyFiles(OwlTiny.adapter("peft"), folder.resolve("a"));
    OwlTiny.copyFiles(OwlTiny.adapter("trainer-dump"), folder.resolve("b"));
    Inspection inspection = Inspection.of(folder);
    assertThat(inspection.problems()).isEmpty();
    assertThat(inspection.adapters())
        .extracting(Inspection.AdapterSummary::name)
        .containsExactly("a", "b");
  }

  @Test
  void aFolderOfAnythingIsDescribed() throws IOException {
    assertThat(Inspection.of(temp.resolve("absent")).isSound()).isFalse();
    Files.writeString(temp.resolve("config.json"), "{\"vision_config\":{\"hidden_size\":-1}}");
    Files.writeString(temp.resolve("model.safetensors.index.json"), "{\"weight_map\":[]}");
    assertThat(Inspection.of(temp).toText())
        .contains("no weight_map")
        .contains("hidden_size is -1")
        .contains("3 problem(s)");
  }

  @Test
  void theTextIsAnAlignedTable() throws IOException {
    Path folder = OwlTiny.copy("safetensors", temp.resolve("m"));
    OwlTiny.copyFiles(OwlTiny.adapter("peft"), folder.resolve("a"));
    Files.delete(folder.resolve("a").resolve("adapter_config.json"));
    String text = Inspection.of(folder).toText();
    assertThat(text.lines().toList())
        .contains(
            "mplug-owl: pictures of 56 x 56 pixels, 7 visual tokens each, a context of 2048,"
                + " mplug-owl as template",
            "  part        tensors  expected  parameters    bytes  types",
            "  vision           31        31      36,608  146,432  FLOAT32",
            "  adapter  layers  rank  alpha",
            "  a             4     4  16 (assumed)",
            "no problems")
        .anyMatch(line -> line.startsWith("note: adapter a tells no alpha; assuming 16,"));
  }

  @Test
  void whatAServiceWouldRefuseIsAProblem() throws IOException {
    Path folder = OwlTiny.copy("safetensors", temp.resolve("m"));
    Files.write(folder.resolve("tokenizer.model"), new byte[] {1, 2, 3});
    assertThat(Inspection.of(folder).problems().toString())
        .contains("tokenizer.model: not a SentencePiece model");

    Files.delete(folder.resolve("tokenizer.model"));
    Files.createDirectory(folder.resolve("tokenizer.model"));
    assertThat(Inspection.of(folder).problems().toString())
        .contains("tokenizer.model: not a regular file");
  }

  @Test
  void aTokenThatTheModelDoesNotEmbedIsAProblem() throws IOException {
    Path folder = OwlTiny.copy("safetensors", temp.resolve("m"));
    Path added = folder.resolve("added_tokens.json");
    Files.writeString(added, "{\"<box>\":9999}");
    assertThat(Inspection.of(folder).problems())
        .containsExactly(
            new Problem("tokenizer", "text may become the id 9999; the model embeds 640"));

    // A mark is never made from text.
    Files.writeString(folder.resolve("special_tokens_map.json"), "{\"x_token\":\"<box>\"}");
    assertThat(Inspection.of(folder).problems()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "safetensors, 7fc00000, NaN",
    "safetensors, ff800000, -Infinity",
    "safetensors-sharded-bf16, 00007f80, Infinity",
    "safetensors-sharded-bf16, 7fc10000, NaN"
  })
  void aWeightThatIsNoNumberIsAProblem(String layout, String bits, String shown)
      throws IOException {
    Path folder = OwlTiny.copy(layout, temp.resolve("m"));
    TensorEntry entry = Checkpoint.open(folder).entry("abstractor.vit_eos");
    try (RandomAccessFile file = new RandomAccessFile(entry.file().toFile(), "rw")) {
      file.seek(entry.offset());
      file.writeInt(Integer.reverseBytes(HexFormat.fromHexDigits(bits)));
    }

    assertThat(Inspection.of(folder).problems())
        .containsExactly(
            new Problem("abstractor.vit_eos", "holds " + shown + "; every number must be finite"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "model.safetensors",
        "config.json",
        "preprocessor_config.json",
        "tokenizer.model",
        "tokenizer_config.json"
      })
  @DisabledOnOs(OS.WINDOWS)
  void aPipeInThePlaceOfAFileIsRefusedAndNotWaitedFor(String name) throws Exception {
    Path folder = OwlTiny.copy("safetensors", temp.resolve("m"));
    Files.deleteIfExists(folder.resolve(name));
    Process made = new ProcessBuilder("mkfifo", folder.resolve(name).toString()).start();
    assertThat(made.waitFor()).isZero();

    assertThat(CompletableFuture.supplyAsync(() -> Inspection.of(folder).problems().toString()))
        .succeedsWithin(Duration.ofSeconds(60))
        .asString()
        .contains(name + ": not a regular file");
  }

  @Test
  void whatFilesSayIsPrintedWithoutControlOverTheTerminal() throws IOException {
    Path folder = OwlTiny.copy("safetensors", temp.resolve("m"));
    SortedMap<String, HostTensor> tensors =
        new TreeMap<>(SafetensorsFile.load(folder.resolve("model.safetensors")));
    tensors.put("a\u001b[2Jb\nno problems\u202e\u0000", HostTensor.ofFloats(new float[1], 1));
    tensors.put("x".repeat(5000), HostTensor.ofFloats(new float[1], 1));
    Files.delete(folder.resolve("model.safetensors"));
    SafetensorsWriter.writeAll(folder.resolve("model.safetensors"), tensors, Map.of());

    assertThat(Inspection.of(folder).toText())
        .contains("a\\u001b[2Jb\\u000ano problems\\u202e\\u0000: unexpected tensor")
        .contains("2 problem(s)")
        .satisfies(text -> assertThat(text.lines()).allMatch(line -> line.length() < 1100));
  }

  @Test
  void ofManyProblemsAHundredAreShown() throws IOException {
    Path folder = OwlTiny.copy("safetensors", temp.resolve("m"));
    SortedMap<String, HostTensor> tensors = new TreeMap<>();
    for (int i = 0; i < 150; i++) {
      tensors.put("stranger." + i, HostTensor.ofFloats(new float[1], 1));
    }
    Files.delete(folder.resolve("model.safetensors"));
    SafetensorsWriter.writeAll(folder.resolve("model.safetensors"), tensors, Map.of());

    // Besides, all 100 tensors of the model are missing.
    assertThat(Inspection.of(folder).toText().lines().toList())
        .contains("250 problem(s)")
        .endsWith("  and 150 more")
        .filteredOn(line -> line.startsWith("  ") && line.contains(": "))
        .hasSize(100);
  }
}
