// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.monitor;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.zip.CRC32C;

/**
 * Scalars as TensorBoard reads them: records framed as TFRecord does (length, masked CRC-32C of it,
 * data, masked CRC-32C of them), each an Event message of event.proto.
 */
public final class TensorBoardWriter implements AutoCloseable {
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  private final OutputStream out;

  /** Begins a file in a folder; TensorBoard reads all files of a folder as one run. */
  public TensorBoardWriter(Path folder) throws IOException {
    Instant now = Instant.now();
    Path file =
        folder.resolve(
            "events.out.tfevents.%d.%d.owl"
                .formatted(now.getEpochSecond(), ProcessHandle.current().pid()));
    out = Files.newOutputStream(file);
    Message event = event(now, 0);
    event.bytes(3, "brain.Event:2".getBytes(UTF_8));
    record(event);
  }

  /** A value of a curve. */
  public void scalar(String tag, long step, double value, Instant time) throws IOException {
    Message point = new Message();
    point.bytes(1, tag.getBytes(UTF_8));
    point.float32(2, (float) value);
    Message summary = new Message();
    summary.bytes(1, point.bytes());
    Message event = event(time, step);
    event.bytes(5, summary.bytes());
    record(event);
  }

  private static Message event(Instant time, long step) {
    Message event = new Message();
    event.float64(1, time.getEpochSecond() + time.getNano() / 1e9);
    event.varint(2, step);
    return event;
  }

  private void record(Message event) throws IOException {
    byte[] data = event.bytes();
    ByteBuffer head = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
    head.putLong(data.length);
    head.putInt(masked(head.array(), 8));
    out.write(head.array());
    out.write(data);
    out.write(
        ByteBuffer.allocate(4)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(masked(data, data.length))
            .array());
    out.flush();
  }

  private static int masked(byte[] bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    return Integer.rotateRight((int) crc.getValue(), 15) + 0xa282ead8;
  }

  @Override
  public void close() throws IOException {
    out.close();
  }

  /** A protocol buffer message, field by field. */
  private static final class Message {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    byte[] bytes() {
      return out.toByteArray();
    }

    void varint(int field, long value) {
      raw((long) field << 3);
      raw(value);
    }

    void bytes(int field, byte[] value) {
      raw((long) field << 3 | BYTES);
      raw(value.length);
      out.writeBytes(value);
    }

    void float64(int field, double value) {
      raw((long) field << 3 | FIXED64);
      out.writeBytes(
          ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putDouble(value).array());
    }

    void float32(int field, float value) {
      raw((long) field << 3 | FIXED32);
      out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(value).array());
    }

    private void raw(long value) {
      long left = value;
      while ((left & ~0x7FL) != 0) {
        out.write((int) ((left & 0x7F) | 0x80));
        left >>>= 7;
      }
      out.write((int) left);
    }
  }
}
