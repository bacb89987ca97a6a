// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogRotationTest {
  private final LogRotation rotation = new LogRotation(10, 2);
  @TempDir private Path folder;

  @Test
  void aLongLogIsCutUnderItsWriterAndTheOldestCopyDropped() throws Exception {
    Path log = folder.resolve("llm.log");
    Files.createFile(log);
    try (OutputStream writer = Files.newOutputStream(log, StandardOpenOption.APPEND)) {
      for (String line : new String[] {"first line\n", "second line\n", "third line\n"}) {
        writer.write(line.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        rotation.look(log);
        assertThat(log).isEmptyFile();
      }
      writer.write("short\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
      rotation.look(log);
    }

    assertThat(log).hasContent("short\n");
    assertThat(folder.resolve("llm.log.1")).hasContent("third line\n");
    assertThat(folder.resolve("llm.log.2")).hasContent("second line\n");
    assertThat(folder.resolve("llm.log.3")).doesNotExist();
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(folder.resolve("llm.log.1"))))
        .isEqualTo("rw-------");
  }

  @Test
  void aLogThatIsNotThereIsLeftAlone() throws Exception {
    rotation.look(folder.resolve("none.log"));
    assertThat(folder).isEmptyDirectory();
  }
}
