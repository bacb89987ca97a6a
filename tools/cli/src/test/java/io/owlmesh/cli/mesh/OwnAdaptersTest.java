// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OwnAdaptersTest {
  @TempDir private Path checkpoint;

  private void adapter(String name) throws IOException {
    Path folder = Files.createDirectories(checkpoint.resolve("adapters").resolve(name));
    Files.writeString(folder.resolve("adapter_config.json"), "{}");
    Files.writeString(folder.resolve("adapter_model.safetensors"), "");
  }

  @Test
  void oneBesideTheWeightsIsTheDefault() throws IOException {
    assertThat(OwnAdapters.of(checkpoint)).isEmpty();

    adapter("instruct");

    String folder = checkpoint.resolve("adapters").toString();
    assertThat(OwnAdapters.of(checkpoint))
        .isEqualTo(Map.of("OWL_ADAPTERS", folder, "OWL_DEFAULT_ADAPTER", "instruct"));
  }

  @Test
  void ofSeveralNoneIsTheDefault() throws IOException {
    adapter("one");
    adapter("two");

    assertThat(OwnAdapters.of(checkpoint)).containsOnlyKeys("OWL_ADAPTERS");
  }
}
