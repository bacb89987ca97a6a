// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.runtime.EngineOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerificationTest {
  private static final Path TINY = Path.of("../model/src/test/resources/owl-tiny");
  private static final Path GROUPED = Path.of("../model/src/test/resources/owl-grouped");

  private static List<Row> verify(Path golden) {
    return Verification.run(golden, Optional.empty(), EngineOptions.DEFAULTS, row -> {});
  }

  @Test
  void everyLayoutAndAdapterComputesWhatTheReferenceComputes() {
    List<Row> rows = verify(TINY);

    assertThat(rows).filteredOn(row -> !row.passed()).isEmpty();
    // 4 layouts; without adapter, and 2 adapters beside and inside the weights.
    assertThat(rows).filteredOn(row -> row.check().equals("greedy")).hasSize(4 * 5);
    assertThat(rows).filteredOn(row -> row.check().equals("logits")).hasSize(4 * 2 * 5);
    assertThat(rows).filteredOn(row -> row.check().equals("features")).hasSize(4 * 2);
    assertThat(rows).filteredOn(row -> row.check().equals("visual tokens")).hasSize(4 * 2);
    assertThat(rows).filteredOn(row -> row.check().equals("tokens")).hasSize(4);
    assertThat(rows).filteredOn(row -> row.check().equals("pixels")).hasSizeGreaterThan(15);
  }

  @Test
  void groupedQueriesAndOtherSizesComputeWhatASecondReferenceComputes() {
    List<Row> rows = verify(GROUPED);

    assertThat(rows).filteredOn(row -> !row.passed()).isEmpty();
    // 2 layouts; without adapter, and 1 adapter beside and inside the weights.
    assertThat(rows).filteredOn(row -> row.check().equals("greedy")).hasSize(2 * 3);
    assertThat(rows).filteredOn(row -> row.check().equals("logits")).hasSize(2 * 2 * 3);
    assertThat(rows).filteredOn(row -> row.check().equals("features")).hasSize(2 * 2);
    assertThat(rows).filteredOn(row -> row.check().equals("visual tokens")).hasSize(2 * 2);
    assertThat(rows).filteredOn(row -> row.check().equals("pixels")).hasSize(3);
    assertThat(rows).filteredOn(row -> row.check().equals("normalised pixels")).hasSize(3);
    assertThat(rows).filteredOn(row -> row.check().equals("tokens")).hasSize(2);
    assertThat(rows).filteredOn(row -> row.check().equals("prompts")).hasSize(2);
    assertThat(rows).filteredOn(row -> row.check().equals("answers")).hasSize(2);
  }

  @Test
  void otherWeightsAreNoticed(@TempDir Path folder) throws IOException {
    copy(TINY, folder, "safetensors-sharded-bf16", "bin-sharded-bf16", "bin-fp32");
    // The last tensor of the file belongs to the vision encoder; one of its numbers grows.
    Path weights = folder.resolve("checkpoints/safetensors/model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    buffer.putFloat(bytes.length - 4, buffer.getFloat(bytes.length - 4) + 1);
    Files.write(weights, bytes);

    List<Row> rows = verify(folder);

    assertThat(rows)
        .filteredOn(row -> row.check().equals("features"))
        .isNotEmpty()
        .noneMatch(Row::passed);
    assertThat(rows).filteredOn(row -> row.check().equals("pixels")).allMatch(Row::passed);
  }

  private static void copy(Path from, Path to, String... without) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        boolean wanted = Stream.of(without).noneMatch(name -> file.toString().contains("/" + name));
        if (Files.isRegularFile(file) && wanted) {
          Path target = to.resolve(from.relativize(file).toString());
          Files.createDirectories(target.getParent());
          Files.copy(file, target);
        }
      }
    }
  }
}
