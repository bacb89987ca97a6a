// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.core.DType;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.inspect.Inspection;
import io.owlmesh.model.weights.MappedTensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RandomCheckpointTest {
  @TempDir private Path temp;

  private static double[] moments(Checkpoint checkpoint, String name) {
    try (MappedTensor tensor = checkpoint.map(name)) {
      double sum = 0;
      double squares = 0;
      float[] values = tensor.copy().toFloats();
      for (float value : values) {
        sum += value;
        squares += value * value;
      }
      return new double[] {sum / values.length, Math.sqrt(squares / values.length)};
    }
  }

  @Test
  void aRandomCheckpointIsSoundAndInitialisedAsTheAuthorsDo() throws IOException {
    List<Long> progress = new ArrayList<>();
    Path folder = temp.resolve("nano");
    RandomCheckpoint.write(
        Preset.NANO, folder, DType.BFLOAT16, 1, (done, total) -> progress.add(total - done));
    assertThat(Inspection.of(folder).problems()).isEmpty();
    assertThat(progress.getLast()).isZero();
    Checkpoint checkpoint = Checkpoint.open(folder);
    assertThat(checkpoint.config()).isEqualTo(Preset.NANO.config());
    assertThat(moments(checkpoint, "language_model.model.embed_tokens.weight"))
        .satisfies(m -> assertThat(m[0]).isBetween(-0.001, 0.001))
        .satisfies(m -> assertThat(m[1]).isBetween(0.0195, 0.0205));
    assertThat(moments(checkpoint, "query_tokens")[1]).isBetween(0.018, 0.022);
    assertThat(moments(checkpoint, "abstractor.visual_fc.bias")).containsExactly(0, 0);
    for (String name :
        List.of(
            "vision_model.post_layernorm.weight",
            "language_model.model.norm.weight",
            "abstractor.encoder.layers.0.crossattention.normk.weight",
            "abstractor.encoder.layers.1.crossattention.output.mlp.ffn_ln.weight",
            "language_model.model.layers.3.post_attention_layernorm.weight")) {
      assertThat(moments(checkpoint, name)).as(name).containsExactly(1, 1);
    }
    assertThat(folder.resolve("README.md")).content().contains("seed 1");
  }

  @Test
  void aFolderWithContentIsRefusedAndAnEmptyOneIsFilled() throws IOException {
    Path folder = Files.createDirectory(temp.resolve("x"));
    RandomCheckpoint.write(Preset.NANO, folder, DType.FLOAT16, 1, (done, total) -> {});
    assertThatThrownBy(
            () -> RandomCheckpoint.write(Preset.NANO, folder, DType.FLOAT16, 1, (d, t) -> {}))
        .isInstanceOf(OwlException.class)
        .hasMessageContaining("is not empty");
  }

  @Test
  void afterAFailureNothingIsLeft() throws IOException {
    assertThatThrownBy(() ->
            RandomCheckpoint.write(
                Preset.NANO,
                temp.resolve("x"),
                DType.FLOAT16,
                1,
                (done, total) -> {
                  throw new IllegalStateException("stop");
                }))
        .hasMessage("stop");
    try (Stream<Path> left = Files.list(temp)) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void presetsAreFoundByName() {
    assertThat(Preset.named("mplug-owl-7b")).isEqualTo(Preset.OWL_7B);
    assertThatThrownBy(() -> Preset.named("8b")).hasMessageContaining("llava-1.5-7b");
    assertThatThrownBy(() ->
            RandomCheckpoint.write(Preset.NANO, temp.resolve("x"), DType.INT8, 1, (d, t) -> {}))
        .hasMessageContaining("INT8 is not a floating point type");
  }
}
