// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.weights;

import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.RegularFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;

/**
 * One tensor of a file, mapped into memory alone, so that reading one part of a checkpoint touches
 * no page of the others. Closing unmaps it; the buffer must not be used afterwards.
 */
public final class MappedTensor implements AutoCloseable {
  private final TensorEntry entry;
  private final Arena arena;
  private final ByteBuffer bytes;

  private MappedTensor(TensorEntry entry, Arena arena, ByteBuffer bytes) {
    this.entry = entry;
    this.arena = arena;
    this.bytes = bytes;
  }

  /**
   * Maps a tensor; one whose elements are not row-major in the file is copied into order.
   *
   * @throws OwlException BAD_CHECKPOINT if the file cannot be read, or the tensor exceeds 2 GiB,
   *     the limit of a ByteBuffer
   */
  @SuppressWarnings("MustBeClosedChecker") // The arena is closed with the tensor.
  public static MappedTensor of(TensorEntry entry) {
    long span = entry.span();
    if (entry.bytes() > Integer.MAX_VALUE || span > Integer.MAX_VALUE) {
      throw OwlException.badCheckpoint(
          entry.name(), span + " bytes; a tensor may take 2147483647 at most");
    }
    Arena arena = Arena.ofShared();
    try (FileChannel channel =
        RegularFile.open(entry.file(), String.valueOf(entry.file().getFileName()))) {
      MemorySegment segment = channel.map(MapMode.READ_ONLY, entry.offset(), span, arena);
      ByteBuffer bytes = segment.asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
      if (entry.strides().isEmpty()) {
        return new MappedTensor(entry, arena, bytes);
      }
      ByteBuffer dense = arena.allocate(entry.bytes(), 64).asByteBuffer();
      dense.order(ByteOrder.LITTLE_ENDIAN);
      gather(entry, bytes, dense);
      return new MappedTensor(entry, arena, dense.flip().asReadOnlyBuffer());
    } catch (IOException e) {
      arena.close();
      throw OwlException.badCheckpoint(
          entry.file().getFileName() + ", " + entry.name(),
          "cannot be read: " + RegularFile.reason(e));
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /** Copies elements in row-major order: an odometer over the shape. */
  private static void gather(TensorEntry entry, ByteBuffer from, ByteBuffer to) {
    int rank = entry.shape().size();
    int size = entry.dtype().bytes();
    long[] index = new long[rank];
    long position = 0;
    for (long left = entry.elements(); left > 0; left--) {
      to.put(to.position(), from, (int) position * size, size);
      to.position(to.position() + size);
      for (int axis = rank - 1; axis >= 0; axis--) {
        long stride = entry.strides().get(axis);
        index[axis]++;
        position += stride;
        if (index[axis] < entry.shape().get(axis)) {
          break;
        }
        position -= index[axis] * stride;
        index[axis] = 0;
      }
    }
  }

  public DType dtype() {
    return entry.dtype();
  }

  /** Sizes, outermost first. */
  public long[] shape() {
    return entry.shape().stream().mapToLong(Long::longValue).toArray();
  }

  /** A fresh view of the elements: direct, read-only, little-endian, valid until {@link #close}. */
  public ByteBuffer bytes() {
    return bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** A copy in direct memory that outlives this mapping. */
  public HostTensor copy() {
    ByteBuffer copy = ByteBuffer.allocateDirect(bytes.capacity());
    copy.put(bytes()).flip();
    return new HostTensor(dtype(), shape(), copy);
  }

  @Override
  public void close() {
    arena.close();
  }
}
