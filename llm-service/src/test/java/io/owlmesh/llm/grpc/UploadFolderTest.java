// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.llm.adapters.UploadFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UploadFolderTest {
  @Test
  void whatKilledUploadsLeftIsSweptAndWhatTheyMovedAsideComesBack(@TempDir Path adapters)
      throws Exception {
    Path uploads = adapters.resolve(".uploads");
    Path half = Files.createDirectories(uploads.resolve("upload1/files"));
    Files.writeString(half.resolve("adapter_model.safetensors"), "half");
    Path aside = Files.createDirectories(uploads.resolve("upload2/old/owl"));
    Files.writeString(aside.resolve("adapter_config.json"), "{}");
    try (UploadFolder running = UploadFolder.create(uploads)) {
      UploadFolder.sweep(uploads);

      assertThat(running.files()).isDirectory();
      assertThat(uploads.resolve("upload1")).doesNotExist();
      assertThat(uploads.resolve("upload2")).doesNotExist();
      assertThat(adapters.resolve("owl/adapter_config.json")).hasContent("{}");
    }
    assertThat(uploads).isEmptyDirectory();
  }
}
