// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.runtime.EngineOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FamiliesVerificationTest {
  private static final Path RESOURCES = Path.of("../model/src/test/resources");

  /**
   * @param layouts checkpoints of the folder
   * @param languages answers and logits of a layout: without adapter, and each beside and inside
   */
  @ParameterizedTest
  @CsvSource({
    "llava-tiny, 3, 7",
    "llava-variants/authors-linear, 1, 1",
    "llava-variants/authors-mlp-pad, 1, 1",
    "llava-variants/two-layers, 1, 1",
    "owl-bloom-tiny, 2, 5",
    "blip2-tiny, 1, 1",
    "instructblip-tiny, 1, 1"
  })
  void everyFamilyComputesWhatTheReferenceComputes(String folder, int layouts, int languages) {
    List<Row> rows =
        Verification.run(
            RESOURCES.resolve(folder), Optional.empty(), EngineOptions.DEFAULTS, row -> {});

    assertThat(rows).filteredOn(row -> !row.passed()).isEmpty();
    assertThat(of(rows, "greedy")).hasSize(layouts * languages);
    assertThat(of(rows, "logits")).hasSize(layouts * 2 * languages);
    assertThat(of(rows, "features")).hasSize(layouts * 2);
    assertThat(of(rows, "visual tokens")).hasSize(layouts * 2);
    assertThat(of(rows, "prompts")).hasSize(layouts);
    assertThat(of(rows, "answers")).hasSize(layouts);
    assertThat(of(rows, "tokens")).hasSize(layouts);
    assertThat(of(rows, "pixels")).isNotEmpty();
    assertThat(of(rows, "templates")).hasSize(folder.equals("llava-tiny") ? layouts : 0);
    assertThat(of(rows, "padded pixels").isEmpty()).isNotEqualTo(folder.equals("llava-tiny"));
    assertThat(of(rows, "questions")).hasSize(folder.equals("instructblip-tiny") ? layouts : 0);
  }

  private static List<Row> of(List<Row> rows, String check) {
    return rows.stream().filter(row -> row.check().equals(check)).toList();
  }
}
