// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.monitor;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MonitorTest {
  @TempDir private Path folder;

  private static StepReport step(long number, double loss) {
    return new StepReport("align", number, 100, loss, 1e-3, 0.5, 1000, 0.5, 0.01, 0);
  }

  @Test
  void tensorBoardFindsFramedEventsWithTheirChecksums() throws IOException {
    try (TensorBoardWriter board = new TensorBoardWriter(folder)) {
      board.scalar("train/loss", 7, 1.5, Instant.ofEpochSecond(1000, 500_000_000));
    }

    List<byte[]> records = records();
    assertThat(new String(records.getFirst(), UTF_8)).contains("brain.Event:2");
    CodedInputStream event = CodedInputStream.newInstance(records.get(1));
    assertThat(event.readTag()).isEqualTo(1 << 3 | WireFormat.WIRETYPE_FIXED64);
    assertThat(event.readDouble()).isEqualTo(1000.5);
    assertThat(event.readTag()).isEqualTo(2 << 3);
    assertThat(event.readInt64()).isEqualTo(7);
    assertThat(event.readTag()).isEqualTo(5 << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED);
    CodedInputStream summary = CodedInputStream.newInstance(event.readByteArray());
    summary.readTag();
    ByteString value = ByteString.copyFrom(summary.readByteArray());
    CodedInputStream point = value.newCodedInput();
    point.readTag();
    assertThat(point.readString()).isEqualTo("train/loss");
    assertThat(point.readTag()).isEqualTo(2 << 3 | WireFormat.WIRETYPE_FIXED32);
    assertThat(point.readFloat()).isEqualTo(1.5f);
  }

  /** Takes the records of the only file apart and checks both checksums of each. */
  private List<byte[]> records() throws IOException {
    Path file;
    try (Stream<Path> files = Files.list(folder)) {
      file = files.findFirst().orElseThrow();
    }
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<byte[]> records = new ArrayList<>();
    while (bytes.hasRemaining()) {
      byte[] head = new byte[8];
      bytes.get(bytes.position(), head);
      int length = Math.toIntExact(bytes.getLong());
      assertThat(bytes.getInt()).isEqualTo(masked(head));
      byte[] data = new byte[length];
      bytes.get(data);
      assertThat(bytes.getInt()).isEqualTo(masked(data));
      records.add(data);
    }
    return records;
  }

  private static int masked(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    int value = (int) crc.getValue();
    return ((value >>> 15) | (value << 17)) + 0xa282ead8;
  }

  @Test
  void aResumedLogDropsTheStepsThatComeAgain() throws IOException {
    Path file = folder.resolve("log.jsonl");
    try (TrainingLog log = TrainingLog.openAt(file, 0)) {
      for (int i = 1; i <= 5; i++) {
        log.append(step(i, i));
      }
    }
    // A kill in the middle of a line.
    Files.writeString(file, Files.readString(file) + "{\"stage\":\"al");

    try (TrainingLog log = TrainingLog.openAt(file, 3)) {
      log.append(step(4, 40));
    }

    assertThat(TrainingLog.read(file))
        .extracting(StepReport::loss)
        .containsExactly(1.0, 2.0, 3.0, 40.0);
  }

  @Test
  void elsewhereThanOnATerminalProgressIsPlainLinesNowAndThen() {
    StringWriter out = new StringWriter();
    TrainingProgress progress = new TrainingProgress(new PrintWriter(out), false);

    for (int i = 1; i <= 100; i++) {
      progress.step(step(i, 2));
    }

    // The first, one after each thirty seconds, the last.
    assertThat(out.toString().lines().count()).isBetween(2L, 4L);
    assertThat(out.toString()).contains("align").contains("2,000 tokens/s").doesNotContain("\r");
  }

  @Test
  void onATerminalALineIsDrawnAgain() {
    StringWriter out = new StringWriter();
    TrainingProgress progress = new TrainingProgress(new PrintWriter(out), true);

    progress.step(step(1, 2));
    progress.step(step(50, 1));

    assertThat(out.toString()).contains("\r").contains("#").contains("50/100");
  }
}
