// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.language;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.runtime.Call;
import io.owlmesh.runtime.EngineOptions;
import io.owlmesh.runtime.Precision;
import io.owlmesh.runtime.Program;
import io.owlmesh.runtime.Quantization;
import io.owlmesh.runtime.ScriptValue;
import io.owlmesh.runtime.WeightLoader;
import io.owlmesh.runtime.vision.VisionEncoder;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantizationTest {
  private static final Path TINY =
      Path.of("../model/src/test/resources/owl-tiny/checkpoints/safetensors");
  private static final int[] IDS = IntStream.range(0, 40).map(i -> 3 + i * 13 % 600).toArray();

  private static LanguageModel load(Precision precision, Quantization quantization) {
    return LanguageModel.load(
        Checkpoint.open(TINY),
        new EngineOptions("cpu", precision, 1, quantization),
        Optional.empty(),
        WeightLoader.Progress.NONE);
  }

  /** Logits after a prompt read as a whole, then after tokens one by one. */
  private static float[] logits(LanguageModel model, int prompt) {
    try (LoraAdapter none = model.none();
        CachedSequence sequence = model.begin(IDS.length, none);
        PromptEmbeddings inputs = PromptEmbeddings.of(model, IDS, new int[0], List.of())) {
      float[] logits = sequence.append(inputs, 0, prompt);
      for (int i = prompt; i < IDS.length; i++) {
        logits = sequence.append(IDS[i]);
      }
      return logits;
    }
  }

  /** Length of the difference over the length of what is expected. */
  private static double relative(float[] expected, float[] found) {
    double difference = 0;
    double length = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += Math.pow(expected[i] - found[i], 2);
      length += Math.pow(expected[i], 2);
    }
    return Math.sqrt(difference / length);
  }

  @ParameterizedTest
  @EnumSource(names = {"INT8", "MIXED"})
  void logitsStayCloseToThoseOfFloat32(Quantization quantization) {
    try (LanguageModel exact = load(Precision.FLOAT32, Quantization.NONE);
        LanguageModel wide = load(Precision.BFLOAT16, Quantization.NONE);
        LanguageModel narrow = load(Precision.AUTO, quantization)) {
      for (int prompt : new int[] {1, 39, 40}) {
        double error = relative(logits(exact, prompt), logits(narrow, prompt));
        // Measured: 0.022 to 0.031; 0.021 in bfloat16.
        assertThat(error).as("prompt of " + prompt).isLessThan(4e-2);
      }
      assertThat(narrow.stepBytes()).isLessThan(wide.stepBytes() * 6 / 10);
    }
  }

  @Test
  void mixedReadsLongPromptsInBfloat16() {
    try (LanguageModel wide = load(Precision.BFLOAT16, Quantization.NONE);
        LanguageModel mixed = load(Precision.AUTO, Quantization.MIXED);
        LanguageModel narrow = load(Precision.AUTO, Quantization.INT8)) {
      assertThat(firstOf(mixed)).isEqualTo(firstOf(wide)).isNotEqualTo(firstOf(narrow));
    }
  }

  /** Logits of a prompt's first position, read together with all others. */
  private static float[] firstOf(LanguageModel model) {
    try (LoraAdapter none = model.none();
        CachedSequence sequence = model.begin(IDS.length, none);
        PromptEmbeddings inputs = PromptEmbeddings.of(model, IDS, new int[0], List.of())) {
      float[] all = sequence.appendAll(inputs, 0, IDS.length);
      return Arrays.copyOf(all, all.length / IDS.length);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5, 16, 17, 40})
  void productsAreThoseOfTheNumbersThatAreKept(int rows) {
    EngineOptions options = new EngineOptions("cpu", Precision.BFLOAT16, 1, Quantization.INT8);
    try (Program program = Program.load(AttentionTest.script(), 1, options);
        PtNDManager scope = program.newScope()) {
      NDArray x = adopt(program, scope, scope.randomNormal(new Shape(rows, 96)));
      NDArray w = adopt(program, scope, scope.randomNormal(new Shape(64, 96)));
      List<NDArray> both;
      try (Call call = program.call("quantize").with(w)) {
        both = call.tensors(scope);
      }
      NDArray nothing = scope.create(new Shape(0));

      NDArray few = product(program, scope, x, nothing, both, rows);
      NDArray many = product(program, scope, x, nothing, both, 0);
      NDArray exact = product(program, scope, x, w, List.of(nothing, nothing), 0);

      assertThat(relative(floats(program, scope, many), floats(program, scope, few)))
          .isLessThan(4e-3); // A rounding to bfloat16.
      assertThat(relative(floats(program, scope, exact), floats(program, scope, few)))
          .isBetween(1e-3, 1.5e-2);
    }
  }

  private static NDArray adopt(Program program, PtNDManager scope, NDArray values) {
    try (Call call = program.call("adopt").with(values).with(false).with(15)) {
      return call.tensor(scope);
    }
  }

  private static float[] floats(Program program, PtNDManager scope, NDArray values) {
    try (Call call = program.call("adopt").with(values).with(false).with(6)) {
      return call.tensor(scope).toFloatArray();
    }
  }

  private static NDArray product(
      Program program, PtNDManager scope, NDArray x, NDArray w, List<NDArray> q, int few) {
    try (Call name = program.call("matrix").with(List.of(w)).with(q).with(0);
        ScriptValue matrix = name.value();
        Call call = program.call("product")) {
      return call.with(x).with(matrix).with(few).tensor(scope);
    }
  }

  @Test
  void theLanguageModelAloneIsQuantized() {
    EngineOptions narrow = new EngineOptions("cpu", Precision.AUTO, 1, Quantization.INT8);
    Checkpoint checkpoint = Checkpoint.open(TINY);
    ByteBuffer pixels = ByteBuffer.allocateDirect(3 * 56 * 56 * Float.BYTES);
    HostTensor image = new HostTensor(DType.FLOAT32, new long[] {3, 56, 56}, pixels);
    try (VisionEncoder one = VisionEncoder.load(checkpoint, narrow, WeightLoader.Progress.NONE);
        VisionEncoder other =
            VisionEncoder.load(
                checkpoint,
                narrow.withQuantization(Quantization.NONE),
                WeightLoader.Progress.NONE)) {
      assertThat(one.encode(List.of(image)).getFirst().toFloats())
          .isEqualTo(other.encode(List.of(image)).getFirst().toFloats());
    }
  }

  @Test
  void whatCannotBeQuantizedIsRefusedByName() {
    assertThatThrownBy(() -> Quantization.named("int4"))
        .isInstanceOf(OwlException.class)
        .hasMessage("quantize: 'int4'; known are none, int8 and mixed");
    assertThatThrownBy(() -> new EngineOptions("cpu", Precision.FLOAT32, 1, Quantization.INT8))
        .hasMessage("quantize: int8 computes in bfloat16, not float32");
    assertThatThrownBy(() -> new EngineOptions("cuda:0", Precision.AUTO, 1, Quantization.MIXED))
        .hasMessage("quantize: mixed is for the CPU, not cuda:0");
  }
}
