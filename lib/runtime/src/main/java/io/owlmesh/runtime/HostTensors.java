// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** The way of tensors between host memory and the engine. */
public final class HostTensors {
  private HostTensors() {}

  /**
   * Float tensors of one shape [...] as one batch [N, ...] on the program's device.
   *
   * @param as type of the batch
   */
  public static NDArray enter(
      Program program, List<HostTensor> tensors, DType as, PtNDManager scope) {
    HostTensor first = tensors.getFirst();
    boolean same = tensors.stream().allMatch(t -> t.dtype() == first.dtype());
    DType dtype = same ? first.dtype() : DType.FLOAT32;
    long[] shape = new Shape(tensors.size()).addAll(new Shape(first.shape())).getShape();
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(Math.toIntExact(HostTensor.byteCount(dtype, shape)))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (HostTensor tensor : tensors) {
      if (same) {
        bytes.put(tensor.bytes());
      } else {
        for (float value : tensor.toFloats()) {
          bytes.putFloat(value);
        }
      }
    }
    return enter(program, new HostTensor(dtype, shape, bytes.flip()), as, scope);
  }

  /** A tensor on the program's device, in another type if need be. */
  public static NDArray enter(Program program, HostTensor tensor, DType as, PtNDManager scope) {
    NDArray raw = raw(tensor, scope);
    try (Call call =
        program
            .call("adopt")
            .with(raw)
            .with(tensor.dtype() == DType.BFLOAT16)
            .with(Torch.number(as))) {
      return call.tensor(scope);
    }
  }

  /** A tensor as it is in memory; bfloat16 under the name of float16. */
  public static NDArray raw(HostTensor tensor, PtNDManager scope) {
    return scope.create(tensor.bytes(), new Shape(tensor.shape()), Torch.carrier(tensor.dtype()));
  }

  /**
   * A batch [N, ...] as N tensors [...] in host memory.
   *
   * @param batch result of a program's {@code leave}
   * @param dtype what its bytes mean
   */
  public static List<HostTensor> leave(NDArray batch, DType dtype) {
    long[] shape = batch.getShape().getShape();
    long[] one = Arrays.copyOfRange(shape, 1, shape.length);
    int size = Math.toIntExact(HostTensor.byteCount(dtype, one));
    ByteBuffer all = copy(batch.toByteBuffer(true));
    return IntStream.range(0, Math.toIntExact(shape[0]))
        .mapToObj(i -> new HostTensor(dtype, one, all.slice(i * size, size)))
        .toList();
  }

  /**
   * A whole tensor in host memory.
   *
   * @param dtype what its bytes mean
   */
  public static HostTensor whole(NDArray tensor, DType dtype) {
    return new HostTensor(dtype, tensor.getShape().getShape(), copy(tensor.toByteBuffer(true)));
  }

  /** The engine's memory dies with the array; this copy does not. */
  private static ByteBuffer copy(ByteBuffer bytes) {
    return ByteBuffer.allocateDirect(bytes.remaining()).put(bytes).flip();
  }

  /**
   * Refuses a tensor of another shape.
   *
   * @param field its name, for the message
   */
  public static void requireShape(HostTensor tensor, String field, long... expected) {
    if (!Arrays.equals(tensor.shape(), expected) || !tensor.dtype().isFloat()) {
      throw OwlException.badInput(
          field, tensor + ", expected a float tensor of shape " + Arrays.toString(expected));
    }
  }
}
