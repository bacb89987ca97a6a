// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.core.DType;
import io.owlmesh.core.Fault;
import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.weights.SafetensorsWriter.Announced;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsFileTest {
  @TempDir private Path folder;

  private Path write(String header, int dataBytes) throws IOException {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    return write(json.length, json, dataBytes);
  }

  private Path write(long length, byte[] json, int dataBytes) throws IOException {
    ByteBuffer buffer =
        ByteBuffer.allocate(8 + json.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
    buffer.putLong(length).put(json);
    return Files.write(folder.resolve("w.safetensors"), buffer.array());
  }

  private static String tensor(String name, String dtype, String shape, int begin, int end) {
    return "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
        .formatted(name, dtype, shape, begin, end);
  }

  private static void assertBad(Path file, String... messages) {
    assertThatThrownBy(() -> SafetensorsFile.entries(file))
        .isInstanceOfSatisfying(
            OwlException.class, e -> assertThat(e.fault()).isEqualTo(Fault.BAD_CHECKPOINT))
        .hasMessageContainingAll(messages);
  }

  @Test
  void whatIsWrittenIsReadBackAndAligned() throws IOException {
    SortedMap<String, HostTensor> tensors = new TreeMap<>();
    tensors.put("b", HostTensor.ofFloats(new float[] {1, 2, 3}, 3));
    tensors.put("a", HostTensor.ofFloats(new float[] {4}, 1, 1));
    Path file = folder.resolve("w.safetensors");
    SafetensorsWriter.writeAll(file, tensors, Map.of("format", "pt"));
    assertThat(SafetensorsFile.entries(file))
        .hasEntrySatisfying("a", e -> assertThat(e.offset() % 64).isZero())
        .hasEntrySatisfying("a", e -> assertThat(e.shape()).containsExactly(1L, 1L));
    assertThat(SafetensorsFile.load(file))
        .hasEntrySatisfying("b", b -> assertThat(b.toFloats()).containsExactly(1, 2, 3));
  }

  @Test
  void aWriterInsistsOnTheAnnouncedBytes() throws IOException {
    List<Announced> announced = List.of(new Announced("a", DType.FLOAT32, List.of(2L)));
    try (SafetensorsWriter writer =
        SafetensorsWriter.create(folder.resolve("w"), announced, Map.of())) {
      writer.write(ByteBuffer.allocate(4));
      assertThatThrownBy(writer::finish).hasMessageContaining("4 announced bytes");
      assertThatThrownBy(() -> writer.write(ByteBuffer.allocate(5)))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void everyProblemOfAHeaderIsListed() throws IOException {
    assertBad(
        write(
            "{"
                + tensor("type", "F64", "[1]", 0, 8)
                + ","
                + tensor("size", "F32", "[2]", 0, 4)
                + ","
                + tensor("range", "F32", "[2]", 12, 20)
                + ","
                + tensor("negative", "F32", "[-1]", 0, 4)
                + ","
                + tensor("backwards", "F32", "[1]", 8, 4)
                + ","
                + tensor("huge", "F32", "[4611686018427387904,4]", 0, 4)
                + "}",
            16),
        "6 problems",
        "type: unsupported dtype 'F64'",
        "size: data_offsets [0, 4]",
        "range: truncated or out of range",
        "negative: shape holds -1",
        "backwards: data_offsets [8, 4]",
        "huge: impossible shape");
  }

  @Test
  void overlapsAndHolesAreRefused() throws IOException {
    assertBad(
        write(
            "{" + tensor("a", "F32", "[2]", 0, 8) + "," + tensor("b", "F32", "[2]", 4, 12) + "}",
            12),
        "b overlaps a");
    assertBad(
        write(
            "{" + tensor("a", "F32", "[1]", 0, 4) + "," + tensor("b", "F32", "[1]", 8, 12) + "}",
            16),
        "4 unused bytes before b",
        "4 unused bytes after");
  }

  @Test
  void aRepeatedTensorIsRefused() throws IOException {
    assertBad(
        write(
            "{" + tensor("a", "F32", "[1]", 0, 4) + "," + tensor("a", "F32", "[1]", 0, 4) + "}", 4),
        "Duplicate field 'a'");
  }

  @Test
  void impossibleHeadersAreRefused() throws IOException {
    assertBad(write(100_000_001, new byte[0], 16), "100000000 at most");
    assertBad(write(-1, new byte[0], 16), "18446744073709551615 bytes");
    assertBad(write(17, new byte[0], 16), "truncated");
    assertBad(write("[]", 0), "not a JSON object");
    assertBad(write("{", 0), "not JSON");
    assertBad(write("{\"a\":1}", 0), "unsupported dtype");
    assertBad(Files.write(folder.resolve("short"), new byte[3]), "truncated");
    assertBad(folder.resolve("absent"), "cannot be read");
  }

  @Test
  void aFileCutAfterOpeningIsNamedWhenMapped() throws IOException {
    Path file = write("{" + tensor("a", "F32", "[2]", 0, 8) + "}", 8);
    TensorEntry entry = Objects.requireNonNull(SafetensorsFile.entries(file).get("a"));
    Files.write(file, new byte[4]);
    assertThatThrownBy(() -> MappedTensor.of(entry).close())
        .isInstanceOf(OwlException.class)
        .hasMessageContaining("w.safetensors, a");
  }
}
