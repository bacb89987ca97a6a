// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.cli.OwlCalls;
import io.owlmesh.cli.option.TargetFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointCommandTest {
  private OwlCalls owl;
  private Path folder;

  @BeforeEach
  void useFreshFolder(@TempDir Path home) {
    owl = new OwlCalls(home);
    folder = home.resolve("nano");
  }

  @Test
  void whatRandomWritesInspectFindsSound() {
    assertThat(random("--dtype", "bf16", "--seed", "3")).isZero();
    assertThat(owl.call("checkpoint", "inspect", folder.toString())).isZero();

    assertThat(owl.out.toString()).contains("BFLOAT16").contains("no problems");
  }

  @Test
  void fewerLayersMakeASoundCheckpointAndTooManyAreWrongUsage() {
    assertThat(random("--layers", "1")).isZero();
    assertThat(owl.call("checkpoint", "inspect", folder.toString())).isZero();
    assertThat(owl.out.toString()).contains("no problems");

    assertThat(random("--layers", "3", "--force")).isEqualTo(2);
    assertThat(owl.err.toString()).contains("allowed are 1 to 2");
  }

  @Test
  void aFolderThatIsNoCheckpointIsNotSound() {
    assertThat(owl.call("checkpoint", "inspect", folder.toString())).isEqualTo(1);
    assertThat(owl.out.toString()).contains("no weights");
  }

  @Test
  void aCheckpointIsReplacedOnlyWithForce() throws Exception {
    assertThat(random("--seed", "1")).isZero();
    byte[] before = Files.readAllBytes(folder.resolve("model.safetensors"));

    assertThat(random("--seed", "2")).isEqualTo(1);
    assertThat(owl.err.toString()).contains("is not empty").contains("--force");
    assertThat(Files.readAllBytes(folder.resolve("model.safetensors"))).isEqualTo(before);

    assertThat(random("--seed", "2", "--force")).isZero();
    assertThat(Files.readAllBytes(folder.resolve("model.safetensors"))).isNotEqualTo(before);
    assertThat(folder.getParent()).isDirectoryNotContaining("glob:**/.*");
  }

  @Test
  void forceDoesNotRemoveWhatIsNoCheckpoint() throws Exception {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("thesis.tex"), "years of work");

    assertThat(random("--force")).isEqualTo(1);
    assertThat(owl.err.toString()).contains("has no config.json");
    assertThat(folder.resolve("thesis.tex")).exists();
  }

  @Test
  void aDiskThatIsTooSmallIsNamedBeforeAnythingIsWritten() {
    TargetFolder target = new TargetFolder(folder.resolve("deep/deeper"));

    assertThatThrownBy(() -> target.requireSpace(Long.MAX_VALUE / 2))
        .hasMessageContaining("needs 4,611,686,018,428,436,479 bytes")
        .hasMessageContaining("are free");
    assertThat(folder).doesNotExist();
  }

  @Test
  void wrongNamesAreWrongUsage() {
    assertThat(random("--preset", "giga")).isEqualTo(2);
    assertThat(random("--dtype", "int8")).isEqualTo(2);
    assertThat(owl.err.toString()).contains("mplug-owl-7b").contains("f32, f16, bf16");
  }

  private int random(String... more) {
    String[] arguments = new String[more.length + 3];
    arguments[0] = "checkpoint";
    arguments[1] = "random";
    System.arraycopy(more, 0, arguments, 2, more.length);
    arguments[more.length + 2] = folder.toString();
    return owl.call(arguments);
  }
}
