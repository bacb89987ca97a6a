// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.weights;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.model.json.StrictJson;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/**
 * Writes a safetensors file as a stream: the header first, then the bytes of the tensors in the
 * order announced. The header is padded with spaces so that the data begins at a multiple of 64
 * bytes.
 */
public final class SafetensorsWriter implements AutoCloseable {
  private static final int ALIGNMENT = 64;

  /** A tensor that will be written. */
  public record Announced(String name, DType dtype, List<Long> shape) {
    public Announced {
      shape = List.copyOf(shape);
    }

    /** Size, bytes. */
    public long bytes() {
      return HostTensor.byteCount(dtype, shape.stream().mapToLong(Long::longValue).toArray());
    }
  }

  private final FileChannel channel;
  private long left;

  private SafetensorsWriter(FileChannel channel, long left) {
    this.channel = channel;
    this.left = left;
  }

  /**
   * Creates a file, which must not exist, and writes its header.
   *
   * @param tensors in the order in which their bytes will come; no two of one name
   * @param metadata of the file, for example {@code format -> pt}
   */
  public static SafetensorsWriter create(
      Path file, List<Announced> tensors, Map<String, String> metadata) throws IOException {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    if (!metadata.isEmpty()) {
      metadata.forEach(root.putObject("__metadata__")::put);
    }
    long offset = 0;
    for (Announced tensor : tensors) {
      if (root.has(tensor.name())) {
        throw new IllegalArgumentException("two tensors named " + tensor.name());
      }
      ObjectNode node = root.putObject(tensor.name());
      node.put("dtype", tensor.dtype().safetensorsName());
      ArrayNode shape = node.putArray("shape");
      tensor.shape().forEach(shape::add);
      node.putArray("data_offsets").add(offset).add(offset + tensor.bytes());
      offset += tensor.bytes();
    }
    byte[] json = StrictJson.MAPPER.writeValueAsBytes(root);
    int end = (8 + json.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    ByteBuffer header = ByteBuffer.allocate(end).order(ByteOrder.LITTLE_ENDIAN);
    header.putLong(end - 8).put(json);
    Arrays.fill(header.array(), header.position(), end, (byte) ' ');
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    SafetensorsWriter writer = new SafetensorsWriter(channel, offset + end);
    try {
      writer.write(header.rewind());
      return writer;
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /** Writes a whole file from tensors in memory, in the order of their names. */
  public static void writeAll(
      Path file, SortedMap<String, HostTensor> tensors, Map<String, String> metadata)
      throws IOException {
    List<Announced> announced =
        tensors.entrySet().stream().map(e -> announce(e.getKey(), e.getValue())).toList();
    try (SafetensorsWriter writer = create(file, announced, metadata)) {
      for (HostTensor tensor : tensors.values()) {
        writer.write(tensor.bytes());
      }
      writer.finish();
    }
  }

  private static Announced announce(String name, HostTensor tensor) {
    return new Announced(name, tensor.dtype(), Arrays.stream(tensor.shape()).boxed().toList());
  }

  /** The next bytes of the data, from position to limit, which may end or span tensors. */
  public void write(ByteBuffer bytes) throws IOException {
    if (bytes.remaining() > left) {
      throw new IllegalStateException("more bytes than the announced tensors take");
    }
    left -= bytes.remaining();
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /**
   * Flushes to the disk, so that a later rename never reveals a file without its content.
   *
   * @throws IOException if the disk fails, or bytes of announced tensors never came
   */
  public void finish() throws IOException {
    if (left != 0) {
      throw new IOException(left + " announced bytes were not written");
    }
    channel.force(true);
  }

  /** Closes the file; without {@link #finish} before, it may be incomplete. */
  @Override
  public void close() throws IOException {
    channel.close();
  }
}
