// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.opentelemetry.api.OpenTelemetry;
import io.owlmesh.core.OwlException;
import io.owlmesh.llm.grpc.TinyLlm;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.weights.TensorEntry;
import io.owlmesh.proto.stage.v1.Load;
import io.owlmesh.stage.HeldNames;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LlmEngineTest {
  private static final Path TINY =
      Path.of("../lib/model/src/test/resources/owl-tiny/checkpoints/safetensors");

  private static final int NAN = 0x7fc00000;

  @TempDir private Path temp;
  private Path folder;

  @BeforeEach
  void copy() throws IOException {
    folder = Files.createDirectory(temp.resolve("m"));
    try (Stream<Path> files = Files.list(TINY)) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(file.getFileName()));
      }
    }
  }

  private LlmEngine start() {
    return new LlmEngine(
        TinyLlm.settings(folder, temp), OpenTelemetry.noop().getMeter("test"), new HeldNames());
  }

  @Test
  void aTokenThatTheModelDoesNotEmbedIsRefusedAtTheStart() throws IOException {
    Files.writeString(folder.resolve("added_tokens.json"), "{\"<box>\":9999}");

    assertThatThrownBy(this::start)
        .isInstanceOf(OwlException.class)
        .hasMessageContaining("tokenizer: text may become the id 9999; the model embeds 640");
  }

  @Test
  void theWarmUpIsNotTakenForTheRateOfTheReplica() {
    try (LlmEngine engine = start()) {
      assertThat(engine.load())
          .returns(0.0, Load::getPrefillRate)
          .returns(0.0, Load::getDecodeRate);
    }
  }

  @Test
  void aModelWhoseFirstPassGivesNoNumbersDoesNotStart() throws IOException {
    TensorEntry entry = Checkpoint.open(folder).entry("language_model.model.norm.weight");
    try (RandomAccessFile file = new RandomAccessFile(entry.file().toFile(), "rw")) {
      file.seek(entry.offset());
      file.writeInt(Integer.reverseBytes(NAN));
    }

    assertThatThrownBy(this::start).hasMessageContaining("the logits hold NaN");
  }
}
