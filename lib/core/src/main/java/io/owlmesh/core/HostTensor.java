// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.core;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * A dense row-major tensor in host memory, outside any engine: what stages exchange. Immutable by
 * contract.
 */
public final class HostTensor {
  private final DType dtype;
  private final long[] shape;
  private final ByteBuffer bytes;

  /**
   * @param shape sizes, outermost first
   * @param bytes little-endian elements from position to limit; direct memory avoids a copy on the
   *     way to the engine
   * @throws OwlException with {@link Fault#BAD_INPUT} if the byte count is not that of dtype and
   *     shape
   */
  public HostTensor(DType dtype, long[] shape, ByteBuffer bytes) {
    this.dtype = dtype;
    this.shape = shape.clone();
    this.bytes = bytes.slice().asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    long expected = byteCount(dtype, shape);
    if (expected != this.bytes.remaining()) {
      throw OwlException.badInput(
          "tensor.data",
          "%d bytes, but %s %s takes %d"
              .formatted(this.bytes.remaining(), dtype, Arrays.toString(shape), expected));
    }
  }

  /** A float32 tensor holding a copy of the values. */
  public static HostTensor ofFloats(float[] values, long... shape) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    buffer.asFloatBuffer().put(values);
    return new HostTensor(DType.FLOAT32, shape, buffer);
  }

  /** Bytes of a tensor of this shape; throws if a size is negative or the product overflows. */
  public static long byteCount(DType dtype, long[] shape) {
    long count = dtype.bytes();
    for (long size : shape) {
      if (size < 0) {
        throw OwlException.badInput("tensor.shape", "negative size in " + Arrays.toString(shape));
      }
      try {
        count = Math.multiplyExact(count, size);
      } catch (ArithmeticException e) {
        throw new OwlException(
            Fault.BAD_INPUT, "tensor.shape", "too large: " + Arrays.toString(shape), e);
      }
    }
    return count;
  }

  public DType dtype() {
    return dtype;
  }

  public long[] shape() {
    return shape.clone();
  }

  /** A fresh read-only, little-endian view of the elements. */
  public ByteBuffer bytes() {
    return bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * The values widened to float32; for {@link DType#FLOAT32}, {@link DType#FLOAT16} and {@link
   * DType#BFLOAT16}.
   */
  public float[] toFloats() {
    ByteBuffer in = bytes();
    float[] out = new float[in.remaining() / dtype.bytes()];
    for (int i = 0; i < out.length; i++) {
      out[i] =
          switch (dtype) {
            case FLOAT32 -> in.getFloat();
            case FLOAT16 -> Float.float16ToFloat(in.getShort());
            case BFLOAT16 -> Float.intBitsToFloat(in.getShort() << 16);
            case UINT8, INT8, INT32, INT64, BOOL ->
                throw new IllegalStateException(dtype + " is not a floating point type");
          };
    }
    return out;
  }

  /**
   * The values in another floating point type, rounded to nearest, ties to even.
   *
   * @param other FLOAT32, FLOAT16 or BFLOAT16
   */
  public HostTensor as(DType other) {
    if (other == dtype) {
      return this;
    }
    float[] values = toFloats();
    ByteBuffer out =
        ByteBuffer.allocateDirect(values.length * other.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      switch (other) {
        case FLOAT32 -> out.putFloat(value);
        case FLOAT16 -> out.putShort(Float.floatToFloat16(value));
        case BFLOAT16 -> {
          int bits = Float.floatToRawIntBits(value);
          out.putShort((short) ((bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16));
        }
        case UINT8, INT8, INT32, INT64, BOOL ->
            throw new IllegalArgumentException(other + " is not a floating point type");
      }
    }
    return new HostTensor(other, shape, out.flip());
  }

  @Override
  public String toString() {
    return dtype + Arrays.toString(shape);
  }
}
