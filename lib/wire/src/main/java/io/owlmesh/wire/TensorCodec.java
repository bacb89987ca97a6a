// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire;

import com.google.protobuf.UnsafeByteOperations;
import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.tensor.v1.DataType;
import io.owlmesh.proto.tensor.v1.Lineage;
import io.owlmesh.proto.tensor.v1.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;

/** Tensors to messages and back, without copying their elements. */
public final class TensorCodec {
  private static final int MAX_RANK = 8;

  private TensorCodec() {}

  /** A message that shares the tensor's memory. */
  public static Tensor toProto(HostTensor tensor, Lineage lineage) {
    Tensor.Builder builder =
        Tensor.newBuilder()
            .setDataType(toProto(tensor.dtype()))
            // Tensors are immutable by contract.
            .setData(UnsafeByteOperations.unsafeWrap(tensor.bytes()))
            .setLineage(lineage);
    for (long size : tensor.shape()) {
      builder.addShape(size);
    }
    return builder.build();
  }

  /** The element type as the wire names it. */
  public static DataType toProto(DType dtype) {
    return switch (dtype) {
      case FLOAT32 -> DataType.DATA_TYPE_FLOAT32;
      case BFLOAT16 -> DataType.DATA_TYPE_BFLOAT16;
      case FLOAT16 -> DataType.DATA_TYPE_FLOAT16;
      case UINT8, INT8, INT32, INT64, BOOL ->
          throw new IllegalArgumentException(dtype + " does not travel");
    };
  }

  /**
   * The tensor of a message, sharing its memory, checked from size to values.
   *
   * @param field name of the tensor, for messages
   * @param shape the only shape accepted
   * @throws OwlException BAD_INPUT naming what lies: type, shape, byte count or a value that is not
   *     finite
   */
  public static HostTensor fromProto(Tensor tensor, String field, long... shape) {
    DType dtype = dtype(tensor, field);
    checkShape(tensor.getShapeList(), field, shape);
    long expected = HostTensor.byteCount(dtype, shape);
    if (tensor.getData().size() != expected) {
      throw OwlException.badInput(
          field + ".data",
          "%d bytes, but %s of shape %s takes %d"
              .formatted(tensor.getData().size(), dtype, tensor.getShapeList(), expected));
    }
    ByteBuffer bytes = tensor.getData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    requireFinite(bytes, dtype, field + ".data");
    return new HostTensor(dtype, shape, bytes);
  }

  private static DType dtype(Tensor tensor, String field) {
    return switch (tensor.getDataType()) {
      case DATA_TYPE_FLOAT32 -> DType.FLOAT32;
      case DATA_TYPE_BFLOAT16 -> DType.BFLOAT16;
      case DATA_TYPE_FLOAT16 -> DType.FLOAT16;
      case DATA_TYPE_UNSPECIFIED, UNRECOGNIZED ->
          throw OwlException.badInput(
              field + ".data_type",
              "number %d; it must be float32, bfloat16 or float16"
                  .formatted(tensor.getDataTypeValue()));
    };
  }

  private static void checkShape(List<Long> found, String field, long[] expected) {
    boolean same = found.size() == expected.length;
    for (int i = 0; same && i < expected.length; i++) {
      same = found.get(i) == expected[i];
    }
    if (!same) {
      Object shown = found.size() > MAX_RANK ? found.size() + " dimensions" : found;
      throw OwlException.badInput(
          field + ".shape", shown + ", expected " + Arrays.toString(expected));
    }
  }

  /**
   * Refuses values that are NaN or infinite: such have all exponent bits set.
   *
   * @param bytes little-endian elements from position to limit
   * @param field where they came from, for the message
   */
  public static void requireFinite(ByteBuffer bytes, DType dtype, String field) {
    int size = dtype.bytes();
    int mask = dtype == DType.FLOAT32 ? 0x7f800000 : dtype == DType.BFLOAT16 ? 0x7f80 : 0x7c00;
    int count = bytes.remaining() / size;
    int start = bytes.position();
    for (int i = 0; i < count; i++) {
      int bits = size == 4 ? bytes.getInt(start + 4 * i) : bytes.getShort(start + 2 * i);
      if ((bits & mask) == mask) {
        throw OwlException.badInput(field, "value " + i + " is NaN or infinite");
      }
    }
  }
}
