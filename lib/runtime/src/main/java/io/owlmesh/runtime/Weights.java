// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import io.owlmesh.core.DType;
import io.owlmesh.model.weights.MappedTensor;
import io.owlmesh.runtime.vector.RowMatrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The weights of one network on its device, and the files that some of them still lie in. */
public final class Weights implements AutoCloseable {
  // The layout of packed matrices, as DJL numbers it.
  private static final int MKLDNN = 2;

  private final ScriptValue named;
  private final TensorList tensors;
  private final TensorList quantized;
  private final long stepBytes;
  private final List<MappedTensor> mapped;
  private final Map<Integer, MappedTensor> originals;
  private final DType dtype;
  private final List<NDArray> all;
  private final List<NDArray> narrow;

  Weights(
      ScriptValue named,
      TensorList tensors,
      TensorList quantized,
      List<MappedTensor> mapped,
      Map<Integer, MappedTensor> originals,
      DType dtype,
      long stepBytes,
      List<NDArray> all,
      List<NDArray> narrow) {
    this.named = named;
    this.tensors = tensors;
    this.quantized = quantized;
    this.stepBytes = stepBytes;
    this.mapped = mapped;
    this.originals = originals;
    this.dtype = dtype;
    this.all = all;
    this.narrow = narrow;
  }

  /** Under the names that the program gives them, as its methods take them. */
  public ScriptValue named() {
    return named;
  }

  /** Bytes that a step of one row reads: everything but tables. */
  public long stepBytes() {
    return stepBytes;
  }

  /** The type the network computes in. */
  public DType dtype() {
    return dtype;
  }

  /**
   * A tensor's bytes where they lie, valid until {@link #close}; none if it lies on another device
   * or is packed.
   *
   * @param index in the order of the program's list
   */
  public Optional<MemorySegment> stored(int index) {
    return bytes(all.get(index));
  }

  private static Optional<MemorySegment> bytes(NDArray tensor) {
    if (tensor.getDevice().isGpu() || tensor.isSparse() || isPacked(tensor)) {
      return Optional.empty();
    }
    return Optional.of(MemorySegment.ofBuffer(tensor.toByteBuffer(true)));
  }

  private static boolean isPacked(NDArray tensor) {
    return JniUtils.getLayout((PtNDArray) tensor) == MKLDNN;
  }

  /** A vector of bfloat16 as numbers. */
  public float[] floats(int index) {
    return widened(all.get(index));
  }

  private static float[] widened(NDArray tensor) {
    MemorySegment bytes = bytes(tensor).orElseThrow();
    float[] values = new float[Math.toIntExact(bytes.byteSize() / Short.BYTES)];
    for (int i = 0; i < values.length; i++) {
      int bits = bytes.get(ValueLayout.JAVA_SHORT_UNALIGNED, (long) Short.BYTES * i) << 16;
      values[i] = Float.intBitsToFloat(bits);
    }
    return values;
  }

  /**
   * A matrix [out, in] in bfloat16 or 8 bits as it is kept, or, of a packed one, as it lies in its
   * file; valid until {@link #close}. None if it is packed and was changed before.
   */
  public Optional<RowMatrix> matrix(int index) {
    if (!narrow.isEmpty() && narrow.get(2 * index).size() > 0) {
      NDArray numbers = narrow.get(2 * index);
      int out = Math.toIntExact(numbers.getShape().get(0));
      int in = Math.toIntExact(numbers.getShape().get(1));
      float[] scales = widened(narrow.get(2 * index + 1));
      return bytes(numbers).map(found -> new RowMatrix(found, scales, out, in));
    }
    NDArray matrix = all.get(index);
    return bytes(matrix)
        .or(() -> original(index))
        .map(found ->
            new RowMatrix(
                found,
                Math.toIntExact(matrix.getShape().get(0)),
                Math.toIntExact(matrix.getShape().get(1))));
  }

  private Optional<MemorySegment> original(int index) {
    return Optional.ofNullable(originals.get(index))
        .map(file -> MemorySegment.ofBuffer(file.bytes()));
  }

  @Override
  public void close() {
    named.close();
    tensors.close();
    quantized.close();
    mapped.forEach(MappedTensor::close);
    originals.values().forEach(MappedTensor::close);
  }
}
