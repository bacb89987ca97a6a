// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.weights;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.core.OwlException;
import io.owlmesh.model.checkpoint.TorchZip;
import io.owlmesh.model.json.Problems;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TorchFileTest {
  @TempDir private Path folder;

  private static TorchZip square() {
    return new TorchZip()
        .floats("0", 1, 2, 3, 4, 5, 6)
        .tensor("w", "FloatStorage", "0", 6, 0, List.of(2, 3), List.of(3, 1));
  }

  private static List<TensorEntry> read(Path file) {
    Problems problems = new Problems();
    List<TensorEntry> entries = TorchFile.read(file, 1 << 26, problems);
    assertThat(problems.list()).isEmpty();
    return entries;
  }

  private static float[] values(TensorEntry entry) {
    try (MappedTensor tensor = MappedTensor.of(entry)) {
      return tensor.copy().toFloats();
    }
  }

  private static void assertProblem(Path file, String message) {
    Problems problems = new Problems();
    TorchFile.read(file, 1 << 26, problems);
    assertThat(problems.list()).singleElement().asString().contains(message);
  }

  private Path file() {
    return folder.resolve("w.bin");
  }

  @Test
  void aStorageIsMappedWhereItLies() throws IOException {
    assertThat(values(read(square().write(file())).getFirst())).containsExactly(1, 2, 3, 4, 5, 6);
  }

  @Test
  void zip64IsRead() throws IOException {
    Path file = square().zip64().write(file());
    assertThat(values(read(file).getFirst())).containsExactly(1, 2, 3, 4, 5, 6);
  }

  @Test
  void tensorsMayShareAStorageAtOffsets() throws IOException {
    TorchZip zip = square().tensor("x", "FloatStorage", "0", 6, 2, List.of(3), List.of(1));
    assertThat(values(read(zip.write(file())).get(1))).containsExactly(3, 4, 5);
  }

  @Test
  void aTransposedTensorIsCopiedIntoOrder() throws IOException {
    TorchZip zip =
        new TorchZip()
            .floats("0", 1, 2, 3, 4, 5, 6)
            .tensor("w", "FloatStorage", "0", 6, 0, List.of(3, 2), List.of(1, 3))
            .tensor("x", "FloatStorage", "0", 6, 1, List.of(2, 1, 2), List.of(3, 9, 1));
    List<TensorEntry> entries = read(zip.write(file()));
    assertThat(values(entries.get(0))).containsExactly(1, 4, 2, 5, 3, 6);
    assertThat(values(entries.get(1))).containsExactly(2, 3, 5, 6);
  }

  @Test
  void scalarsAndEmptyTensorsAreRead() throws IOException {
    TorchZip zip =
        new TorchZip()
            .floats("0", 7)
            .tensor("w", "FloatStorage", "0", 1, 0, List.of(), List.of())
            .tensor("x", "FloatStorage", "0", 1, 0, List.of(0, 5), List.of(5, 1));
    List<TensorEntry> entries = read(zip.write(file()));
    assertThat(values(entries.get(0))).containsExactly(7);
    assertThat(values(entries.get(1))).isEmpty();
  }

  @Test
  void everyBadTensorOfAFileIsNamed() throws IOException {
    TorchZip zip =
        new TorchZip()
            .floats("0", 1, 2, 3, 4, 5, 6)
            .tensor("beyond", "FloatStorage", "0", 6, 1, List.of(2, 3), List.of(3, 1))
            .tensor("expanded", "FloatStorage", "0", 6, 0, List.of(1 << 30), List.of(0))
            .tensor("longer", "FloatStorage", "0", 7, 0, List.of(1), List.of(1))
            .tensor("lost", "FloatStorage", "1", 6, 0, List.of(6), List.of(1))
            .text("epoch")
            .op('K', 3);
    Problems problems = new Problems();
    assertThat(TorchFile.read(zip.write(file()), 1 << 26, problems)).isEmpty();
    assertThat(problems.list().toString())
        .contains("beyond: shape [2, 3]")
        .contains("expanded: shape")
        .contains("longer: truncated")
        .contains("no member archive/data/1")
        .contains("epoch: not a tensor");
  }

  @Test
  void anotherByteOrderIsRefused() throws IOException {
    byte[] big = "big".getBytes(StandardCharsets.US_ASCII);
    assertProblem(square().member("byteorder", big).write(file()), "byte order 'big'");
  }

  @Test
  void aCompressedMemberIsRefused() throws IOException {
    assertProblem(square().method(8).write(file()), "compressed");
  }

  @Test
  void theOldFormatIsRefusedWithTheWayToConvertIt() throws IOException {
    Files.write(file(), new byte[] {(byte) 0x80, 2, (byte) 0x8a, 10, 'l', (byte) 0xfc});
    assertProblem(file(), "torch.save(torch.load(file");
  }

  @Test
  void otherFilesAreRefused() throws IOException {
    Files.writeString(file(), "version https://git-lfs.github.com/spec/v1");
    assertProblem(file(), "not a file of torch.save");
  }

  @Test
  void anArchiveWithoutPickleIsRefused() throws IOException {
    square().write(file());
    byte[] bytes = Files.readAllBytes(file());
    String text = new String(bytes, StandardCharsets.ISO_8859_1).replace("data.pkl", "data.txt");
    Files.write(file(), text.getBytes(StandardCharsets.ISO_8859_1));
    assertProblem(file(), "holds 0 data.pkl");
  }

  @Test
  void aDirectoryThatTakesMoreThanEightMebibytesIsRefused() throws IOException {
    TorchZip zip = square();
    for (int i = 0; i < 150; i++) {
      zip.member("%d/%s".formatted(i, "x".repeat(60_000)), new byte[0]);
    }
    assertProblem(zip.write(file()), "its directory takes more than 8388608 bytes");
  }

  @Test
  void aMemberThatOccursTwiceIsRefused() throws IOException {
    byte[] bytes = Files.readAllBytes(square().member("data/1", new byte[4]).write(file()));
    String text = new String(bytes, StandardCharsets.ISO_8859_1).replace("data/1", "data/0");
    Files.write(file(), text.getBytes(StandardCharsets.ISO_8859_1));
    assertProblem(file(), "archive/data/0 occurs twice");
  }

  @Test
  void aMemberWithoutItsLocalHeaderIsRefused() throws IOException {
    byte[] bytes = Files.readAllBytes(square().write(file()));
    bytes[0] = 'P';
    bytes[2] = 9;
    Files.write(file(), bytes);
    assertProblem(file(), "no local header where the directory points");
  }

  @Test
  void aFileCutAnywhereIsRefused() throws IOException {
    byte[] bytes = Files.readAllBytes(square().zip64().write(file()));
    for (int length : IntStream.range(0, bytes.length).toArray()) {
      Files.write(file(), Arrays.copyOf(bytes, length));
      Problems problems = new Problems();
      TorchFile.read(file(), 1 << 26, problems);
      assertThat(problems.isEmpty()).as("cut to %d bytes", length).isFalse();
    }
  }

  @Test
  void noDamageEscapesAsAnotherException() throws IOException {
    byte[] sound = Files.readAllBytes(square().zip64().write(file()));
    SplittableRandom random = new SplittableRandom(2);
    for (int i = 0; i < 1_000; i++) {
      byte[] damaged = sound.clone();
      damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      Files.write(file(), damaged);
      for (TensorEntry entry : TorchFile.read(file(), 1 << 26, new Problems())) {
        try (MappedTensor tensor = MappedTensor.of(entry)) {
          assertThat(tensor.bytes().remaining()).isEqualTo((int) entry.bytes());
        } catch (OwlException e) {
          assertThat(e).hasMessageContaining("w.bin");
        }
      }
    }
  }
}
