// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.checkpoint;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes torch files by hand, so that tests can spoil any byte of them. */
public final class TorchZip {
  private final Map<String, byte[]> members = new LinkedHashMap<>();
  private final ByteArrayOutputStream pickle = new ByteArrayOutputStream();
  private boolean zip64;
  private int method;

  public TorchZip() {
    op(0x80, 2).op('}').op('(');
  }

  public TorchZip zip64() {
    zip64 = true;
    return this;
  }

  public TorchZip method(int value) {
    method = value;
    return this;
  }

  public TorchZip member(String name, byte[] content) {
    members.put("archive/" + name, content);
    return this;
  }

  public TorchZip floats(String key, float... values) {
    ByteBuffer buffer = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    buffer.asFloatBuffer().put(values);
    return member("data/" + key, buffer.array());
  }

  public TorchZip op(int... bytes) {
    for (int value : bytes) {
      pickle.write(value);
    }
    return this;
  }

  public TorchZip text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    op('X', bytes.length, bytes.length >> 8, 0, 0);
    pickle.writeBytes(bytes);
    return this;
  }

  public TorchZip line(String text) {
    pickle.writeBytes((text + "\n").getBytes(StandardCharsets.UTF_8));
    return this;
  }

  public TorchZip global(String module, String name) {
    return op('c').line(module).line(name);
  }

  TorchZip tuple(List<Integer> values) {
    op('(');
    values.forEach(v -> op('J', v, v >> 8, v >> 16, v >> 24));
    return op('t');
  }

  /** A tensor as torch.save pickles it. */
  public TorchZip tensor(
      String name,
      String storage,
      String key,
      int elements,
      int offset,
      List<Integer> shape,
      List<Integer> strides) {
    text(name).global("torch._utils", "_rebuild_tensor_v2").op('(');
    op('(').text("storage").global("torch", storage).text(key).text("cpu");
    op('J', elements, elements >> 8, elements >> 16, elements >> 24).op('t').op('Q');
    op('J', offset, offset >> 8, offset >> 16, offset >> 24);
    tuple(shape).tuple(strides).op(0x89);
    global("collections", "OrderedDict").op(')', 'R');
    return op('t').op('R');
  }

  public byte[] pickle() {
    op('u', '.');
    return pickle.toByteArray();
  }

  public Path write(Path file) throws IOException {
    members.put("archive/data.pkl", pickle());
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream directory = new ByteArrayOutputStream();
    members.forEach((name, content) -> {
      byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
      directory.writeBytes(central(bytes, content.length, out.size()));
      out.writeBytes(local(bytes, content.length));
      out.writeBytes(content);
    });
    int start = out.size();
    out.writeBytes(directory.toByteArray());
    if (zip64) {
      int end = out.size();
      out.writeBytes(
          buffer(56)
              .putInt(0x06064b50)
              .putLong(44)
              .putShort((short) 45)
              .putShort((short) 45)
              .putLong(0)
              .putLong(members.size())
              .putLong(members.size())
              .putLong(directory.size())
              .putLong(start)
              .array());
      out.writeBytes(buffer(20).putInt(0x07064b50).putInt(0).putLong(end).putInt(1).array());
    }
    short count = (short) (zip64 ? 0xFFFF : members.size());
    out.writeBytes(
        buffer(22)
            .putInt(0x06054b50)
            .putInt(0)
            .putShort(count)
            .putShort(count)
            .putInt(zip64 ? -1 : directory.size())
            .putInt(zip64 ? -1 : start)
            .array());
    return Files.write(file, out.toByteArray());
  }

  private byte[] local(byte[] name, int size) {
    ByteBuffer buffer = buffer(30 + name.length).putInt(0x04034b50).putShort((short) 20);
    buffer.putShort((short) 0).putShort((short) method).putInt(0).putInt(0);
    buffer.putInt(size).putInt(size).putShort((short) name.length).putShort((short) 0);
    return bytes(buffer.put(name));
  }

  private byte[] central(byte[] name, int size, int header) {
    int extra = zip64 ? 28 : 0;
    ByteBuffer buffer = buffer(46 + name.length + extra).putInt(0x02014b50).putInt(0x00140014);
    buffer.putShort((short) 0).putShort((short) method).putInt(0).putInt(0);
    buffer.putInt(zip64 ? -1 : size).putInt(zip64 ? -1 : size);
    buffer.putShort((short) name.length).putShort((short) extra).putShort((short) 0);
    buffer.putInt(0).putInt(0).putInt(zip64 ? -1 : header).put(name);
    if (zip64) {
      buffer.putShort((short) 1).putShort((short) 24);
      buffer.putLong(size).putLong(size).putLong(header);
    }
    return bytes(buffer);
  }

  private static byte[] bytes(ByteBuffer full) {
    byte[] bytes = new byte[full.flip().remaining()];
    full.get(bytes);
    return bytes;
  }

  private static ByteBuffer buffer(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }
}
