// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage.inference;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.inference.InferTensorContents;
import io.owlmesh.proto.inference.ModelInferRequest;
import io.owlmesh.proto.inference.ModelInferRequest.InferInputTensor;
import io.owlmesh.wire.TensorCodec;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The one input of a request, image by image: raw elements share the memory of the message, typed
 * ones are copied after they have been counted.
 *
 * @param field of the request that the elements came in
 * @param items of the input's item shape, or the bytes of a string each
 */
record InputItems(String field, List<HostTensor> items) {
  private static final int MAX_RANK = 8;
  private static final String INPUT = "inputs[0]";
  private static final String RAW = "raw_input_contents";

  /** Name of the field that holds an item. */
  String field(int item) {
    return field + "[" + item + "]";
  }

  /**
   * Reads the input of a request.
   *
   * @param limit images of one request
   * @throws OwlException BAD_INPUT naming the field that is wrong
   */
  static InputItems read(ModelInferRequest request, TensorSpec spec, int limit) {
    if (request.getInputsCount() != 1) {
      throw OwlException.badInput(
          "inputs",
          "%d tensors, but the model takes one, '%s'"
              .formatted(request.getInputsCount(), spec.name()));
    }
    InferInputTensor input = request.getInputs(0);
    if (!input.getName().equals(spec.name())) {
      throw OwlException.badInput(
          INPUT + ".name",
          "'%s', but the model takes '%s'".formatted(input.getName(), spec.name()));
    }
    Unsupported.refuse(input.getParametersMap(), INPUT);
    Datatype type = datatype(input, spec);
    int images = images(input, spec, limit);
    int raw = request.getRawInputContentsCount();
    if (raw == 0) {
      return typed(input.getContents(), type, images, spec);
    }
    if (raw != 1) {
      throw OwlException.badInput(RAW, raw + " entries for 1 input");
    }
    if (!input.getContents().equals(InferTensorContents.getDefaultInstance())) {
      throw OwlException.badInput(
          INPUT + ".contents", "is set beside " + RAW + "; a request uses one of them");
    }
    return raw(request.getRawInputContents(0), type, images, spec);
  }

  private static Datatype datatype(InferInputTensor input, TensorSpec spec) {
    List<Datatype> accepted =
        spec.datatype() == Datatype.BYTES
            ? List.of(Datatype.BYTES)
            : List.of(Datatype.FP32, Datatype.FP16, Datatype.BF16);
    return accepted.stream()
        .filter(type -> type.name().equals(input.getDatatype()))
        .findFirst()
        .orElseThrow(() ->
            OwlException.badInput(
                INPUT + ".datatype",
                "'%s'; '%s' takes %s".formatted(input.getDatatype(), spec.name(), accepted)));
  }

  private static int images(InferInputTensor input, TensorSpec spec, int limit) {
    List<Long> shape = input.getShapeList();
    if (shape.isEmpty() || !shape.subList(1, shape.size()).equals(spec.item())) {
      Object shown = shape.size() > MAX_RANK ? shape.size() + " dimensions" : shape;
      throw OwlException.badInput(INPUT + ".shape", shown + ", expected " + spec.shape(-1));
    }
    long images = shape.getFirst();
    if (images < 1 || images > limit) {
      throw OwlException.badInput(
          INPUT + ".shape", "%d images; 1 to %d are taken".formatted(images, limit));
    }
    return (int) images;
  }

  private static InputItems raw(ByteString data, Datatype type, int images, TensorSpec spec) {
    String field = RAW + "[0]";
    // A slice: bytes within a message do not begin at index 0 of their buffer.
    ByteBuffer bytes = data.asReadOnlyByteBuffer().slice().order(ByteOrder.LITTLE_ENDIAN);
    return type == Datatype.BYTES
        ? new InputItems(field, strings(bytes, field, images))
        : new InputItems(field, numbers(bytes, type, images, spec, field));
  }

  /** Strings with their lengths before them. */
  private static List<HostTensor> strings(ByteBuffer bytes, String field, int images) {
    List<HostTensor> strings = new ArrayList<>();
    for (int i = 0; i < images; i++) {
      if (bytes.remaining() < Integer.BYTES) {
        throw OwlException.badInput(field, "ends after %d of %d elements".formatted(i, images));
      }
      int length = bytes.getInt();
      if (length < 0 || length > bytes.remaining()) {
        throw OwlException.badInput(
            field,
            "element %d has %s bytes, but %d are left"
                .formatted(i, Integer.toUnsignedString(length), bytes.remaining()));
      }
      strings.add(string(bytes.slice(bytes.position(), length)));
      bytes.position(bytes.position() + length);
    }
    if (bytes.hasRemaining()) {
      throw OwlException.badInput(
          field, "%d bytes after the last of %d elements".formatted(bytes.remaining(), images));
    }
    return strings;
  }

  private static HostTensor string(ByteBuffer bytes) {
    return new HostTensor(Datatype.BYTES.dtype(), new long[] {bytes.remaining()}, bytes);
  }

  private static List<HostTensor> numbers(
      ByteBuffer bytes, Datatype type, int images, TensorSpec spec, String field) {
    long[] shape = spec.itemShape();
    long size = HostTensor.byteCount(type.dtype(), shape);
    if (bytes.remaining() != images * size) {
      throw OwlException.badInput(
          field,
          "%d bytes, but %s of shape %s takes %d"
              .formatted(bytes.remaining(), type, spec.shape(images), images * size));
    }
    TensorCodec.requireFinite(bytes, type.dtype(), field);
    List<HostTensor> items = new ArrayList<>();
    for (int i = 0; i < images; i++) {
      ByteBuffer item = bytes.slice(Math.toIntExact(i * size), Math.toIntExact(size));
      items.add(new HostTensor(type.dtype(), shape, item));
    }
    return items;
  }

  private static InputItems typed(
      InferTensorContents contents, Datatype type, int images, TensorSpec spec) {
    if (type == Datatype.BYTES) {
      String field = only(contents, "bytes_contents", type);
      requireCount(contents.getBytesContentsCount(), images, field);
      return new InputItems(
          field,
          contents.getBytesContentsList().stream()
              .map(bytes -> string(bytes.asReadOnlyByteBuffer()))
              .toList());
    }
    if (type != Datatype.FP32) {
      throw OwlException.badInput(
          INPUT + ".contents", type + " has no typed contents; send it in " + RAW);
    }
    String field = only(contents, "fp32_contents", type);
    long size = HostTensor.byteCount(DType.FLOAT32, spec.itemShape());
    long expected = images * size / Float.BYTES;
    requireCount(contents.getFp32ContentsCount(), expected, field);
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(Math.toIntExact(images * size)).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < expected; i++) {
      bytes.putFloat(contents.getFp32Contents(i));
    }
    return new InputItems(field, numbers(bytes.flip(), type, images, spec, field));
  }

  /** The full name of a list of contents, once no other list is set. */
  private static String only(InferTensorContents contents, String list, Datatype type) {
    for (FieldDescriptor set : contents.getAllFields().keySet()) {
      if (!set.getName().equals(list)) {
        throw OwlException.badInput(
            INPUT + ".contents." + set.getName(),
            "is set, but %s elements are in %s".formatted(type, list));
      }
    }
    return INPUT + ".contents." + list;
  }

  private static void requireCount(int found, long expected, String field) {
    if (found != expected) {
      throw OwlException.badInput(
          field, "%d elements, but the shape takes %d".formatted(found, expected));
    }
  }
}
