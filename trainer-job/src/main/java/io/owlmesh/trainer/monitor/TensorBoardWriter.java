// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.monitor;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
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
  // Fields of Event, of Summary in it, and of Summary.Value in that.
  private static final int WALL_TIME = 1;
  private static final int STEP = 2;
  private static final int FILE_VERSION = 3;
  private static final int SUMMARY = 5;
  private static final int VALUE = 1;
  private static final int TAG = 1;
  private static final int SIMPLE_VALUE = 2;

  private final OutputStream out;

  /** Begins a file in a folder; TensorBoard reads all files of a folder as one run. */
  public TensorBoardWriter(Path folder) throws IOException {
    Instant now = Instant.now();
    Path file =
        folder.resolve(
            "events.out.tfevents.%d.%d.owl"
                .formatted(now.getEpochSecond(), ProcessHandle.current().pid()));
    out = Files.newOutputStream(file);
    event(now, 0, event -> event.writeString(FILE_VERSION, "brain.Event:2"));
  }

  /** A value of a curve. */
  public void scalar(String tag, long step, double value, Instant time) throws IOException {
    ByteString point =
        message(fields -> {
          fields.writeString(TAG, tag);
          fields.writeFloat(SIMPLE_VALUE, (float) value);
        });
    ByteString summary = message(fields -> fields.writeBytes(VALUE, point));
    event(time, step, fields -> fields.writeBytes(SUMMARY, summary));
  }

  /** What a message has in it. */
  private interface Fields {
    void write(CodedOutputStream to) throws IOException;
  }

  private static ByteString message(Fields fields) throws IOException {
    ByteString.Output bytes = ByteString.newOutput();
    CodedOutputStream coded = CodedOutputStream.newInstance(bytes);
    fields.write(coded);
    coded.flush();
    return bytes.toByteString();
  }

  private void event(Instant time, long step, Fields what) throws IOException {
    byte[] data =
        message(
                fields -> {
                  fields.writeDouble(WALL_TIME, time.getEpochSecond() + time.getNano() / 1e9);
                  fields.writeInt64(STEP, step);
                  what.write(fields);
                })
            .toByteArray();
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
}
