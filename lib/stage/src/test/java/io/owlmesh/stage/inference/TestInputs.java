// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage.inference;

import com.google.protobuf.ByteString;
import io.owlmesh.proto.inference.InferTensorContents;
import io.owlmesh.proto.inference.ModelInferRequest;
import io.owlmesh.proto.inference.ModelInferRequest.InferInputTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Requests, right and wrong, for two inputs. */
final class TestInputs {
  static final TensorSpec NUMBERS = TensorSpec.numbers("x", Datatype.FP32, 2, 1);
  static final TensorSpec STRINGS = TensorSpec.bytes("file");
  static final int LIMIT = 3;

  private TestInputs() {}

  static InferInputTensor.Builder input(TensorSpec spec, String type, long... shape) {
    InferInputTensor.Builder input =
        InferInputTensor.newBuilder().setName(spec.name()).setDatatype(type);
    for (long size : shape) {
      input.addShape(size);
    }
    return input;
  }

  static ModelInferRequest.Builder raw(InferInputTensor.Builder input, ByteString data) {
    return ModelInferRequest.newBuilder().addInputs(input).addRawInputContents(data);
  }

  static ModelInferRequest.Builder typed(
      InferInputTensor.Builder input, InferTensorContents.Builder contents) {
    return ModelInferRequest.newBuilder().addInputs(input.setContents(contents));
  }

  static InferTensorContents.Builder floats(float... values) {
    InferTensorContents.Builder contents = InferTensorContents.newBuilder();
    for (float value : values) {
      contents.addFp32Contents(value);
    }
    return contents;
  }

  static ByteString bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return ByteString.copyFrom(bytes);
  }

  static ByteString fp32(float... values) {
    ByteBuffer buffer = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      buffer.putFloat(value);
    }
    return ByteString.copyFrom(buffer.flip());
  }
}
