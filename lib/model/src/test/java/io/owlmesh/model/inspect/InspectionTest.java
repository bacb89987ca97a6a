// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.core.DType;
import io.owlmesh.model.checkpoint.OwlTiny;
import io.owlmesh.model.checkpoint.TorchZip;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

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
        .contains("use_dora is not supported");
    assertThat(inspection.problems()).hasSize(4);
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
            "  part        tensors  expected  parameters    bytes  types",
            "  vision           31        31      36,608  146,432  FLOAT32",
            "  adapter  layers  rank  alpha",
            "  a             4     4  16 (assumed)",
            "no problems")
        .anyMatch(line -> line.startsWith("note: adapter a tells no alpha; assuming 16,"));
  }
}
