// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.random.Preset;
import org.junit.jupiter.api.Test;

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
  void everyTensorBelongsToOnePart() {
    ModelConfig config = Preset.NANO.config();
    assertThat(ExpectedTensors.of(config).all().keySet())
        .allMatch(name -> Part.of(config, name).isPresent());
    assertThat(Part.of(config, "temporal_query_tokens")).isEmpty();
  }
}
