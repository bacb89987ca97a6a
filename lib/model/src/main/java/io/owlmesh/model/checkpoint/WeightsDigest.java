// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.checkpoint;

import io.owlmesh.core.DType;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.Sha256;
import io.owlmesh.model.RegularFile;
import io.owlmesh.model.json.StrictJson;
import io.owlmesh.model.weights.MappedTensor;
import io.owlmesh.model.weights.TensorEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;

/**
 * Identifies the weights of a part, whatever files and element type hold them: SHA-256 over the
 * part's tensors in the order of their names, each as its name (UTF-8, ended by a zero byte), rank,
 * sizes (64-bit big-endian) and values widened to float32 (little-endian).
 *
 * <p>A tensor of more than 4096 elements contributes 16 blocks of 256 elements, spread evenly from
 * its first to its last. Sampling is deliberate: a service that loads one part must learn which
 * weights the others run, and reading their 13 GB would take minutes. Training and merging change
 * elements everywhere, so two models differ in the sample; the digest tells models apart and is no
 * defence against somebody who edits single elements. Two element types agree only if the narrower
 * one holds the values exactly.
 */
public final class WeightsDigest {
  private static final int WHOLE = 4096;
  private static final int BLOCKS = 16;
  private static final int BLOCK = 256;

  private WeightsDigest() {}

  /**
   * The digest of a part, 64 hexadecimal digits.
   *
   * @throws OwlException BAD_CHECKPOINT if a tensor of the part is missing or not of a float type
   */
  public static String of(Checkpoint checkpoint, Part part) {
    MessageDigest sha = Sha256.begin();
    for (String name : ExpectedTensors.of(checkpoint.config()).of(part).keySet()) {
      TensorEntry entry = checkpoint.entry(name);
      if (!entry.dtype().isFloat()) {
        throw OwlException.badCheckpoint(name, entry.dtype() + " elements have no digest");
      }
      sha.update(header(entry));
      if (entry.strides().isEmpty()) {
        addFromFile(sha, entry);
      } else {
        addFromMemory(sha, entry);
      }
    }
    return Sha256.hex(sha);
  }

  private static ByteBuffer header(TensorEntry entry) {
    byte[] name = entry.name().getBytes(StandardCharsets.UTF_8);
    ByteBuffer header = ByteBuffer.allocate(name.length + 1 + 8 + 8 * entry.shape().size());
    header.put(name).put((byte) 0).putLong(entry.shape().size());
    entry.shape().forEach(header::putLong);
    return header.flip();
  }

  /** Reads just the sampled bytes: a fault in mapped memory would read megabytes around each. */
  private static void addFromFile(MessageDigest sha, TensorEntry entry) {
    int size = entry.dtype().bytes();
    try (FileChannel channel =
        RegularFile.open(entry.file(), String.valueOf(entry.file().getFileName()))) {
      for (long[] range : ranges(entry.elements())) {
        long position = entry.offset() + range[0] * size;
        byte[] bytes = StrictJson.readFully(channel, position, (int) range[1] * size);
        sha.update(widen(ByteBuffer.wrap(bytes), entry.dtype(), 0, (int) range[1]));
      }
    } catch (IOException e) {
      throw OwlException.badCheckpoint(
          entry.file().getFileName() + ", " + entry.name(),
          "cannot be read: " + RegularFile.reason(e));
    }
  }

  private static void addFromMemory(MessageDigest sha, TensorEntry entry) {
    try (MappedTensor tensor = MappedTensor.of(entry)) {
      for (long[] range : ranges(entry.elements())) {
        sha.update(widen(tensor.bytes(), entry.dtype(), (int) range[0], (int) range[1]));
      }
    }
  }

  /** Ranges [first, count] of elements to read. */
  private static List<long[]> ranges(long count) {
    if (count <= WHOLE) {
      return List.of(new long[] {0, count});
    }
    List<long[]> ranges = new ArrayList<>();
    for (int i = 0; i < BLOCKS; i++) {
      ranges.add(new long[] {i * (count - BLOCK) / (BLOCKS - 1), BLOCK});
    }
    return ranges;
  }

  private static ByteBuffer widen(ByteBuffer data, DType dtype, int first, int count) {
    ByteBuffer in = data.order(ByteOrder.LITTLE_ENDIAN);
    ByteBuffer out = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = first; i < first + count; i++) {
      int at = i * dtype.bytes();
      out.putFloat(
          switch (dtype) {
            case FLOAT32 -> in.getFloat(at);
            case FLOAT16 -> Float.float16ToFloat(in.getShort(at));
            case BFLOAT16 -> Float.intBitsToFloat(in.getShort(at) << 16);
            case UINT8, INT8, INT32, INT64, BOOL -> throw new IllegalArgumentException("" + dtype);
          });
    }
    return out.flip();
  }
}
