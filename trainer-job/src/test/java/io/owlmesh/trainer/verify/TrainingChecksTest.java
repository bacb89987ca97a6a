// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.runtime.EngineOptions;
import io.owlmesh.runtime.verify.Row;
import io.owlmesh.trainer.Tiny;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TrainingChecksTest {
  @Test
  void bothStagesLearnAsTheReferenceDoes() {
    List<Row> rows = new ArrayList<>();

    TrainingChecks.run(Tiny.FOLDER, Optional.empty(), EngineOptions.DEFAULTS, rows::add);

    // Tokens, then four comparisons for two stages, with activations kept and computed again.
    assertThat(rows).hasSize(17).allMatch(Row::passed);
  }

  @Test
  void theSameValuesInBfloat16LearnTheSame() {
    List<Row> rows = new ArrayList<>();

    TrainingChecks.run(
        Tiny.FOLDER,
        Optional.of(Tiny.FOLDER.resolve("checkpoints/safetensors-sharded-bf16")),
        EngineOptions.DEFAULTS,
        rows::add);

    assertThat(rows).allMatch(Row::passed);
  }
}
