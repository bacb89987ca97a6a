// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage.inference;

import static io.owlmesh.stage.inference.TestInputs.LIMIT;
import static io.owlmesh.stage.inference.TestInputs.NUMBERS;
import static io.owlmesh.stage.inference.TestInputs.STRINGS;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.owlmesh.proto.inference.InferTensorContents;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tensors that requests may carry, in every form. */
class InputItemsTest {
  @Test
  void rawAndTypedFloatsAreTheSameTensors() {
    InputItems raw =
        InputItems.read(
            TestInputs.raw(
                    TestInputs.input(NUMBERS, "FP32", 2, 2, 1), TestInputs.fp32(1.5f, -2, 3, 0))
                .build(),
            NUMBERS,
            LIMIT);
    InputItems typed =
        InputItems.read(
            TestInputs.typed(
                    TestInputs.input(NUMBERS, "FP32", 2, 2, 1), TestInputs.floats(1.5f, -2, 3, 0))
                .build(),
            NUMBERS,
            LIMIT);

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
    ByteString data = TestInputs.bytes(big[1], big[0], big[3], big[2]);

    InputItems items =
        InputItems.read(
            TestInputs.raw(TestInputs.input(NUMBERS, type.name(), 1, 2, 1), data).build(),
            NUMBERS,
            LIMIT);

    assertThat(items.items().getFirst().dtype()).isEqualTo(type.dtype());
    assertThat(items.items().getFirst().toFloats()).containsExactly(1, -0.5f);
  }

  @Test
  void rawAndTypedStringsAreTheSameBytes() {
    InputItems raw =
        InputItems.read(
            TestInputs.raw(
                    TestInputs.input(STRINGS, "BYTES", 2),
                    TestInputs.bytes(3, 0, 0, 0, 'o', 'w', 'l', 0, 0, 0, 0))
                .build(),
            STRINGS,
            LIMIT);
    InputItems typed =
        InputItems.read(
            TestInputs.typed(
                    TestInputs.input(STRINGS, "BYTES", 2),
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
}
