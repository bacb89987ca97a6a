// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage.inference;

import static io.owlmesh.stage.inference.TestInputs.LIMIT;
import static io.owlmesh.stage.inference.TestInputs.NUMBERS;
import static io.owlmesh.stage.inference.TestInputs.STRINGS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.inference.InferParameter;
import io.owlmesh.proto.inference.InferTensorContents;
import io.owlmesh.proto.inference.ModelInferRequest;
import io.owlmesh.proto.inference.ModelInferRequest.InferInputTensor;
import java.util.Collections;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Tensors that lie, and the field that is named for it. */
class WrongInputTest {
  static Stream<Arguments> wrongHeads() {
    InferInputTensor.Builder one = TestInputs.input(NUMBERS, "FP32", 1, 2, 1);
    ByteString right = TestInputs.fp32(1, 2);
    return Stream.of(
        wrong("no input", ModelInferRequest.newBuilder(), "inputs", "0 tensors"),
        wrong("two inputs", TestInputs.raw(one, right).addInputs(one), "inputs", "2 tensors"),
        wrong(
            "another name",
            TestInputs.raw(one.clone().setName("y"), right),
            "inputs[0].name",
            "'y'"),
        wrong(
            "another type",
            TestInputs.raw(one.clone().setDatatype("INT32"), right),
            "inputs[0].datatype",
            "[FP32, FP16, BF16]"),
        wrong(
            "strings",
            TestInputs.raw(one.clone().setDatatype("BYTES"), right),
            "inputs[0].datatype",
            ""),
        wrong(
            "no shape",
            TestInputs.raw(one.clone().clearShape(), right),
            "inputs[0].shape",
            "[-1, 2, 1]"),
        wrong(
            "another rank",
            TestInputs.raw(one.clone().clearShape().addShape(1).addShape(2), right),
            "inputs[0].shape",
            "[1, 2]"),
        wrong(
            "another size",
            TestInputs.raw(one.clone().setShape(1, 3), right),
            "inputs[0].shape",
            "3"),
        wrong(
            "many dimensions",
            TestInputs.raw(one.clone().addAllShape(Collections.nCopies(5000, 1L)), right),
            "inputs[0].shape",
            "5003 dimensions"),
        wrong(
            "no images",
            TestInputs.raw(one.clone().setShape(0, 0), right),
            "inputs[0].shape",
            "1 to 3"),
        wrong(
            "negative",
            TestInputs.raw(one.clone().setShape(0, -1), right),
            "inputs[0].shape",
            "-1 images"),
        wrong(
            "above the limit",
            TestInputs.raw(one.clone().setShape(0, 4), right),
            "inputs[0].shape",
            "4"),
        wrong(
            "more than memory",
            TestInputs.raw(one.clone().setShape(0, Long.MAX_VALUE), right),
            "inputs[0].shape",
            "images"));
  }

  static Stream<Arguments> wrongContents() {
    InferInputTensor.Builder one = TestInputs.input(NUMBERS, "FP32", 1, 2, 1);
    ByteString right = TestInputs.fp32(1, 2);
    return Stream.of(
        wrong(
            "raw beside typed",
            TestInputs.typed(one.clone(), TestInputs.floats(1, 2)).addRawInputContents(right),
            "inputs[0].contents",
            "raw_input_contents"),
        wrong(
            "two raw entries",
            TestInputs.raw(one, right).addRawInputContents(right),
            "raw_input_contents",
            "2 entries"),
        wrong(
            "a byte short",
            TestInputs.raw(one, right.substring(1)),
            "raw_input_contents[0]",
            "7 bytes"),
        wrong(
            "too long",
            TestInputs.raw(one, right.concat(right)),
            "raw_input_contents[0]",
            "16 bytes"),
        wrong(
            "NaN",
            TestInputs.raw(one, TestInputs.fp32(0, Float.NaN)),
            "raw_input_contents[0]",
            "value 1"),
        wrong(
            "infinite",
            TestInputs.typed(one.clone(), TestInputs.floats(Float.NEGATIVE_INFINITY, 0)),
            "inputs[0].contents.fp32_contents",
            "value 0"),
        wrong(
            "NaN in FP16",
            TestInputs.raw(one.clone().setDatatype("FP16"), TestInputs.bytes(0, 0, 0, 0x7e)),
            "raw_input_contents[0]",
            "value 1"),
        wrong(
            "infinite in BF16",
            TestInputs.raw(one.clone().setDatatype("BF16"), TestInputs.bytes(0x80, 0x7f, 0, 0)),
            "raw_input_contents[0]",
            "value 0"),
        wrong(
            "neither raw nor typed",
            ModelInferRequest.newBuilder().addInputs(one),
            "inputs[0].contents.fp32_contents",
            "0 elements"),
        wrong(
            "too few values",
            TestInputs.typed(one.clone(), TestInputs.floats(1)),
            "inputs[0].contents.fp32_contents",
            "takes 2"),
        wrong(
            "values of another list",
            TestInputs.typed(one.clone(), TestInputs.floats(1, 2).addFp64Contents(1)),
            "inputs[0].contents.fp64_contents",
            "fp32_contents"),
        wrong(
            "typed halves",
            TestInputs.typed(one.clone().setDatatype("BF16"), TestInputs.floats(1, 2)),
            "inputs[0].contents",
            "raw_input_contents"),
        wrong(
            "shared memory",
            TestInputs.raw(
                one.clone()
                    .putParameters(
                        "shared_memory_region",
                        InferParameter.newBuilder().setStringParam("a").build()),
                right),
            "inputs[0].parameters.shared_memory_region",
            "not supported"));
  }

  static Stream<Arguments> wrongStrings() {
    InferInputTensor.Builder two = TestInputs.input(STRINGS, "BYTES", 2);
    return Stream.of(
        wrong(
            "numbers",
            TestInputs.raw(two.clone().setDatatype("UINT8"), TestInputs.bytes()),
            "inputs[0].datatype",
            ""),
        wrong(
            "two dimensions",
            TestInputs.raw(two.clone().addShape(1), TestInputs.bytes()),
            "inputs[0].shape",
            "[-1]"),
        wrong(
            "an element missing",
            TestInputs.raw(two, TestInputs.bytes(0, 0, 0, 0)),
            "raw_input_contents[0]",
            "1 of 2"),
        wrong(
            "half a length",
            TestInputs.raw(two, TestInputs.bytes(0, 0, 0, 0, 1, 0)),
            "raw_input_contents[0]",
            "1 of 2"),
        wrong(
            "a length above the rest",
            TestInputs.raw(two, TestInputs.bytes(2, 0, 0, 0, 1)),
            "raw_input_contents[0]",
            "1 are left"),
        wrong(
            "a length of 4 GiB",
            TestInputs.raw(two, TestInputs.bytes(255, 255, 255, 255, 1)),
            "raw_input_contents[0]",
            "4294967295"),
        wrong(
            "a length in the other byte order",
            TestInputs.raw(two, TestInputs.bytes(0, 0, 0, 1, 7, 0, 0, 0, 0)),
            "raw_input_contents[0]",
            "16777216"),
        wrong(
            "something behind the last",
            TestInputs.raw(two, TestInputs.bytes(0, 0, 0, 0, 0, 0, 0, 0, 9)),
            "raw_input_contents[0]",
            "1 bytes"),
        wrong(
            "one typed string of two",
            TestInputs.typed(
                two.clone(), InferTensorContents.newBuilder().addBytesContents(ByteString.EMPTY)),
            "inputs[0].contents.bytes_contents",
            "takes 2"));
  }

  private static Arguments wrong(
      String what, ModelInferRequest.Builder request, String field, String said) {
    return Arguments.of(what, request.build(), field, said);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({"wrongHeads", "wrongContents"})
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
