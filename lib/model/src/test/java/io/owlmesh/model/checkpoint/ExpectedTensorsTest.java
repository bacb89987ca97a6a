// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.random.Preset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ExpectedTensorsTest {
  @Test
  void theSevenBillionHas722TensorsOfTheKnownTotal() {
    ExpectedTensors expected = ExpectedTensors.of(Preset.OWL_7B.config());
    assertThat(expected.all()).hasSize(722);
    assertThat(expected.parameters()).isEqualTo(7_123_068_928L);
    assertThat(expected.of(Part.VISION)).hasSize(295);
    assertThat(expected.parameters(Part.VISION)).isEqualTo(303_179_776);
    assertThat(expected.of(Part.ABSTRACTOR)).hasSize(136);
    assertThat(expected.parameters(Part.ABSTRACTOR)).isEqualTo(81_408_000 + 65_536);
    assertThat(expected.of(Part.LANGUAGE)).hasSize(291);
    assertThat(expected.parameters(Part.LANGUAGE)).isEqualTo(6_738_415_616L);
  }

  @Test
  void otherReleasedModelsHaveTheKnownTotals() {
    ExpectedTensors llava = ExpectedTensors.of(Preset.named("llava-1.5-7b").config());
    // Of 686 tensors, a layer of the tower and the norm behind it are not read.
    assertThat(llava.stored()).hasSize(686 - 16 - 2);
    assertThat(llava.storedParameters()).isEqualTo(7_063_427_072L - 12_596_224 - 2048);
    ExpectedTensors bloomz = ExpectedTensors.of(Preset.named("mplug-owl-bloomz-7b").config());
    assertThat(bloomz.stored()).hasSize(796);
    assertThat(2 * bloomz.storedParameters()).isEqualTo(14_907_338_752L);
    ExpectedTensors minigpt4 = ExpectedTensors.of(Preset.named("minigpt4-7b").config());
    assertThat(minigpt4.of(Part.VISION)).hasSize(474);
    assertThat(minigpt4.parameters(Part.VISION)).isEqualTo(985_952_256);
    assertThat(minigpt4.of(Part.ABSTRACTOR)).hasSize(252 + 2 + 1 + 2);
  }

  @ParameterizedTest
  @MethodSource("io.owlmesh.model.random.Preset#all")
  void everyTensorBelongsToOnePart(Preset preset) {
    ModelConfig config = preset.config();
    assertThat(ExpectedTensors.of(config).all().keySet())
        .allMatch(name -> Part.of(config, name).isPresent());
    assertThat(Part.of(config, "temporal_query_tokens")).isEmpty();
  }
}
