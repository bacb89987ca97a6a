// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.compose;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.checkpoint.Part;
import io.owlmesh.model.family.blip.BlipConfig;
import io.owlmesh.model.inspect.Inspection;
import io.owlmesh.model.weights.MappedTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MiniGpt4CompositionTest {
  private static final Path GOLDEN = Path.of("src/test/resources/blip2-tiny");
  private static final Path PARTS = GOLDEN.resolve("minigpt4-parts");

  @TempDir private Path temp;

  private static MiniGpt4Composition.Parts parts(Path qformer) {
    return new MiniGpt4Composition.Parts(
        PARTS.resolve("eva_vit_g.pth"),
        qformer,
        PARTS.resolve("pretrained_minigpt4.pth"),
        PARTS.resolve("vicuna"),
        4,
        4);
  }

  @Test
  void thePartsTogetherAreTheModel() throws IOException {
    Path folder = temp.resolve("minigpt4");
    MiniGpt4Composition.write(
        parts(PARTS.resolve("blip2_pretrained_flant5xxl.pth")), folder, DType.FLOAT32);

    assertThat(Inspection.of(folder).problems()).isEmpty();
    Checkpoint made = Checkpoint.open(folder);
    Checkpoint golden = Checkpoint.open(GOLDEN.resolve("checkpoints/safetensors-sharded-bf16"));
    BlipConfig config = (BlipConfig) made.config();
    assertThat(config.tower()).isEqualTo(((BlipConfig) golden.config()).tower());
    assertThat(config.chatTemplate().name()).isEqualTo("minigpt4");
    assertThat(config.imageToken()).isEqualTo(620);
    made.requireComplete(Part.VISION, Part.ABSTRACTOR, Part.LANGUAGE);
    assertThat(made.tensors().keySet()).isEqualTo(golden.tensors().keySet());
    for (String name : made.tensors().keySet()) {
      float[] values = values(made, name);
      float[] expected = values(golden, name);
      boolean grows = name.contains("embed_tokens") || name.contains("lm_head");
      int same = grows ? 620 * 64 : expected.length;
      assertThat(Arrays.copyOf(values, same)).as(name).isEqualTo(Arrays.copyOf(expected, same));
    }
  }

  @Test
  void whatIsMissingIsListedAndNothingIsWritten() {
    Path folder = temp.resolve("minigpt4");
    assertThatThrownBy(() ->
            MiniGpt4Composition.write(parts(PARTS.resolve("eva_vit_g.pth")), folder, DType.FLOAT32))
        .hasMessageContaining("query_tokens");
    assertThat(Files.exists(folder)).isFalse();
  }

  private static float[] values(Checkpoint checkpoint, String name) {
    try (MappedTensor tensor = checkpoint.map(name)) {
      HostTensor copy = tensor.copy();
      return copy.toFloats();
    }
  }
}
