// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.weights;

import io.owlmesh.core.DType;
import java.nio.file.Path;
import java.util.List;

/**
 * Where one tensor lies on disk.
 *
 * @param name canonical name
 * @param shape sizes, outermost first
 * @param file the file that holds it
 * @param offset of the first element in the file, bytes
 * @param bytes size of the tensor when dense, bytes
 * @param strides in elements, outermost first; empty when the elements lie dense and row-major in
 *     the file, as they do everywhere but in some torch files
 */
public record TensorEntry(
    String name,
    DType dtype,
    List<Long> shape,
    Path file,
    long offset,
    long bytes,
    List<Long> strides) {
  public TensorEntry {
    shape = List.copyOf(shape);
    strides = List.copyOf(strides);
  }

  /** How many elements the tensor has. */
  public long elements() {
    return bytes / dtype.bytes();
  }

  /** The same bytes under another name. */
  public TensorEntry named(String other) {
    return new TensorEntry(other, dtype, shape, file, offset, bytes, strides);
  }

  /** Bytes of the file from {@link #offset} that the elements span; more than bytes if strided. */
  long span() {
    if (strides.isEmpty() || bytes == 0) {
      return bytes;
    }
    long last = 0;
    for (int i = 0; i < strides.size(); i++) {
      last += (shape.get(i) - 1) * strides.get(i);
    }
    return (last + 1) * dtype.bytes();
  }
}
