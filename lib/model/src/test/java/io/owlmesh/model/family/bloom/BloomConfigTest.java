// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.family.bloom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BloomConfigTest {
  private static final Path SLOPES = Path.of("src/test/resources/owl-bloom-tiny/alibi-slopes.json");

  @Test
  void slopesAreThoseOfTheReferenceForAnyCountOfHeads() throws IOException {
    JsonNode all = new ObjectMapper().readTree(SLOPES.toFile());
    assertThat(all.size()).isGreaterThan(10);
    for (Map.Entry<String, JsonNode> entry : all.properties()) {
      List<Double> slopes = BloomConfig.slopes(Integer.parseInt(entry.getKey()));
      assertThat(slopes).hasSize(entry.getValue().size());
      for (int i = 0; i < slopes.size(); i++) {
        double expected = entry.getValue().get(i).asDouble();
        assertThat(slopes.get(i)).isCloseTo(expected, within(1e-6 * expected));
      }
    }
  }
}
