// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.wire.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.owlmesh.model.Fault;
import io.owlmesh.model.OwlException;
import io.owlmesh.proto.inference.InferParameter;
import io.owlmesh.proto.inference.InferTensorContents;
import io.owlmesh.proto.inference.ModelInferRequest;
import io.owlmesh.proto.inference.ModelInferRequest.InferInputTensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Tensors of requests: what is taken, and which field is named when something is wrong. */
class InputItemsTest {
  private static final TensorSpec NUMBERS = TensorSpec.numbers("x", Datatype.FP32, 2, 1);
  private static final TensorSpec STRINGS = TensorSpec.bytes("file");
  private static final int LIMIT = 3;

  private static InferInputTensor.Builder input(TensorSpec spec, String type, long... shape) {
    InferInputTensor.Builder input =
        InferInputTensor.newBuilder().setName(spec.name()).setDatatype(type);
    for (long size : shape) {
      input.addShape(size);
    }
    return input;
  }

  private static ModelInferRequest.Builder raw(InferInputTensor.Builder input, ByteString data) {
    return ModelInferRequest.newBuilder().addInputs(input).addRawInputContents(data);
  }

  private static ModelInferRequest.Builder typed(
      InferInputTensor.Builder input, InferTensorContents.Builder contents) {
    return ModelInferRequest.newBuilder().addInputs(input.setContents(contents));
  }

  private static InferTensorContents.Builder floats(float... values) {
    InferTensorContents.Builder contents = InferTensorContents.newBuilder();
    for (float value : values) {
      contents.addFp32Contents(value);
    }
    return contents;
  }

  private static ByteString bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return ByteString.copyFrom(bytes);
  }

  private static ByteString fp32(float... values) {
    ByteBuffer buffer = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      buffer.putFloat(value);
    }
    return ByteString.copyFrom(buffer.flip());
  }

  @Test
  void rawAndTypedFloatsAreTheSameTensors() {
    InputItems raw =
        InputItems.read(
            raw(input(NUMBERS, "FP32", 2, 2, 1), fp32(1.5f, -2, 3, 0)).build(), NUMBERS, LIMIT);
    InputItems typed =
        InputItems.read(
            typed(input(NUMBERS, "FP32", 2, 2, 1), floats(1.5f, -2, 3, 0)).build(), NUMBERS, LIMIT);

    for (InputItems items : List.of(raw, typed)) {
      assertThat(items.items()).hasSize(2);
      assertThat(items.items().get(0).toFloats()).containsExactly(1.5f, -2);
      assertThat(items.items().get(1).toFloats()).containsExactly(3, 0);
      assertThat(items.items().get(1).shape()).containsExactly(2, 1);
    }
    assertThat(raw.field(1)).isEqualTo("raw_input_contents[0][1]");
    assertThat(typed.field(1)).isEqualTo("inputs[0].contents.fp32_contents[1]");
  }

  @ParameterizedTest
  @CsvSource({"FP16, 3c00, b800", "BF16, 3f80, bf00"})
  void halvesTravelRawAndStayHalves(Datatype type, String one, String minusHalf) {
    byte[] big = HexFormat.of().parseHex(one + minusHalf);
    ByteString data = bytes(big[1], big[0], big[3], big[2]);

    InputItems items =
        InputItems.read(raw(input(NUMBERS, type.name(), 1, 2, 1), data).build(), NUMBERS, LIMIT);

    assertThat(items.items().getFirst().dtype()).isEqualTo(type.dtype());
    assertThat(items.items().getFirst().toFloats()).containsExactly(1, -0.5f);
  }

  @Test
  void rawAndTypedStringsAreTheSameBytes() {
    InputItems raw =
        InputItems.read(
            raw(input(STRINGS, "BYTES", 2), bytes(3, 0, 0, 0, 'o', 'w', 'l', 0, 0, 0, 0)).build(),
            STRINGS,
            LIMIT);
    InputItems typed =
        InputItems.read(
            typed(
                    input(STRINGS, "BYTES", 2),
                    InferTensorContents.newBuilder()
                        .addBytesContents(ByteString.copyFromUtf8("owl"))
                        .addBytesContents(ByteString.EMPTY))
                .build(),
            STRINGS,
            LIMIT);

    for (InputItems items : List.of(raw, typed)) {
      assertThat(items.items()).hasSize(2);
      assertThat(ByteString.copyFrom(items.items().get(0).bytes()).toStringUtf8()).isEqualTo("owl");
      assertThat(items.items().get(1).bytes().hasRemaining()).isFalse();
    }
  }

  static Stream<Arguments> wrongTensors() {
    InferInputTensor.Builder one = input(NUMBERS, "FP32", 1, 2, 1);
    ByteString right = fp32(1, 2);
    return Stream.of(
        wrong("no input", ModelInferRequest.newBuilder(), "inputs", "0 tensors"),
        wrong("two inputs", raw(one, right).addInputs(one), "inputs", "2 tensors"),
        wrong("another name", raw(one.clone().setName("y"), right), "inputs[0].name", "'y'"),
        wrong(
            "another type",
            raw(one.clone().setDatatype("INT32"), right),
            "inputs[0].datatype",
            "[FP32, FP16, BF16]"),
        wrong("strings", raw(one.clone().setDatatype("BYTES"), right), "inputs[0].datatype", ""),
        wrong("no shape", raw(one.clone().clearShape(), right), "inputs[0].shape", "[-1, 2, 1]"),
        wrong(
            "another rank",
            raw(one.clone().clearShape().addShape(1).addShape(2), right),
            "inputs[0].shape",
            "[1, 2]"),
        wrong("another size", raw(one.clone().setShape(1, 3), right), "inputs[0].shape", "3"),
        wrong(
            "many dimensions",
            raw(one.clone().addAllShape(Collections.nCopies(5000, 1L)), right),
            "inputs[0].shape",
            "5003 dimensions"),
        wrong("no images", raw(one.clone().setShape(0, 0), right), "inputs[0].shape", "1 to 3"),
        wrong("negative", raw(one.clone().setShape(0, -1), right), "inputs[0].shape", "-1 images"),
        wrong("above the limit", raw(one.clone().setShape(0, 4), right), "inputs[0].shape", "4"),
        wrong(
            "more than memory",
            raw(one.clone().setShape(0, Long.MAX_VALUE), right),
            "inputs[0].shape",
            "images"),
        wrong(
            "raw beside typed",
            typed(one.clone(), floats(1, 2)).addRawInputContents(right),
            "inputs[0].contents",
            "raw_input_contents"),
        wrong(
            "two raw entries",
            raw(one, right).addRawInputContents(right),
            "raw_input_contents",
            "2 entries"),
        wrong("a byte short", raw(one, right.substring(1)), "raw_input_contents[0]", "7 bytes"),
        wrong("too long", raw(one, right.concat(right)), "raw_input_contents[0]", "16 bytes"),
        wrong("NaN", raw(one, fp32(0, Float.NaN)), "raw_input_contents[0]", "value 1"),
        wrong(
            "infinite",
            typed(one.clone(), floats(Float.NEGATIVE_INFINITY, 0)),
            "inputs[0].contents.fp32_contents",
            "value 0"),
        wrong(
            "NaN in FP16",
            raw(one.clone().setDatatype("FP16"), bytes(0, 0, 0, 0x7e)),
            "raw_input_contents[0]",
            "value 1"),
        wrong(
            "infinite in BF16",
            raw(one.clone().setDatatype("BF16"), bytes(0x80, 0x7f, 0, 0)),
            "raw_input_contents[0]",
            "value 0"),
        wrong(
            "neither raw nor typed",
            ModelInferRequest.newBuilder().addInputs(one),
            "inputs[0].contents.fp32_contents",
            "0 elements"),
        wrong(
            "too few values",
            typed(one.clone(), floats(1)),
            "inputs[0].contents.fp32_contents",
            "takes 2"),
        wrong(
            "values of another list",
            typed(one.clone(), floats(1, 2).addFp64Contents(1)),
            "inputs[0].contents.fp64_contents",
            "fp32_contents"),
        wrong(
            "typed halves",
            typed(one.clone().setDatatype("BF16"), floats(1, 2)),
            "inputs[0].contents",
            "raw_input_contents"),
        wrong(
            "shared memory",
            raw(
                one.clone()
                    .putParameters(
                        "shared_memory_region",
                        InferParameter.newBuilder().setStringParam("a").build()),
                right),
            "inputs[0].parameters.shared_memory_region",
            "not supported"));
  }

  static Stream<Arguments> wrongStrings() {
    InferInputTensor.Builder two = input(STRINGS, "BYTES", 2);
    return Stream.of(
        wrong("numbers", raw(two.clone().setDatatype("UINT8"), bytes()), "inputs[0].datatype", ""),
        wrong("two dimensions", raw(two.clone().addShape(1), bytes()), "inputs[0].shape", "[-1]"),
        wrong("an element missing", raw(two, bytes(0, 0, 0, 0)), "raw_input_contents[0]", "1 of 2"),
        wrong(
            "half a length", raw(two, bytes(0, 0, 0, 0, 1, 0)), "raw_input_contents[0]", "1 of 2"),
        wrong(
            "a length above the rest",
            raw(two, bytes(2, 0, 0, 0, 1)),
            "raw_input_contents[0]",
            "1 are left"),
        wrong(
            "a length of 4 GiB",
            raw(two, bytes(255, 255, 255, 255, 1)),
            "raw_input_contents[0]",
            "4294967295"),
        wrong(
            "a length in the other byte order",
            raw(two, bytes(0, 0, 0, 1, 7, 0, 0, 0, 0)),
            "raw_input_contents[0]",
            "16777216"),
        wrong(
            "something behind the last",
            raw(two, bytes(0, 0, 0, 0, 0, 0, 0, 0, 9)),
            "raw_input_contents[0]",
            "1 bytes"),
        wrong(
            "one typed string of two",
            typed(two.clone(), InferTensorContents.newBuilder().addBytesContents(ByteString.EMPTY)),
            "inputs[0].contents.bytes_contents",
            "takes 2"));
  }

  private static Arguments wrong(
      String what, ModelInferRequest.Builder request, String field, String said) {
    return Arguments.of(what, request.build(), field, said);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("wrongTensors")
  void aWrongTensorIsRefusedByItsField(
      String what, ModelInferRequest request, String field, String said) {
    assertRefused(request, NUMBERS, field, said);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("wrongStrings")
  void wrongStringsAreRefusedByTheirField(
      String what, ModelInferRequest request, String field, String said) {
    assertRefused(request, STRINGS, field, said);
  }

  private static void assertRefused(
      ModelInferRequest request, TensorSpec spec, String field, String said) {
    OwlException e =
        catchThrowableOfType(OwlException.class, () -> InputItems.read(request, spec, LIMIT));

    assertThat(e).isNotNull();
    assertThat(e.fault()).isEqualTo(Fault.BAD_INPUT);
    assertThat(e.field()).isEqualTo(field);
    assertThat(e).hasMessageContaining(said);
  }
}
