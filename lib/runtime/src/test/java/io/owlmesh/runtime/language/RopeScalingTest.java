// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.language;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import io.owlmesh.model.family.NetworkSpec;
import io.owlmesh.model.family.llama.LlamaConfig;
import io.owlmesh.model.family.llama.RopeScaling;
import io.owlmesh.runtime.Call;
import io.owlmesh.runtime.EngineOptions;
import io.owlmesh.runtime.Program;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

/** The cosines of positions, beside transformers' formulas in double. */
class RopeScalingTest {
  private static final int HEAD = 16;
  private static final int POSITIONS = 300;

  private static float[] cosines(RopeScaling scaling) {
    LlamaConfig config =
        new LlamaConfig(32, 64, 96, 1, 4, 4, HEAD, 1e-5, 10_000, scaling, POSITIONS, 1, 2, false);
    NetworkSpec network = config.network("m.");
    try (Program program =
            Program.load(
                network.script().plus(DecoderScript.of(network.weights())),
                1,
                EngineOptions.DEFAULTS);
        PtNDManager scope = program.newScope()) {
      NDArray like = scope.zeros(new Shape(1));
      try (Call call = program.call("position_tables").with(POSITIONS).with(like)) {
        return call.tensors(scope).getFirst().toFloatArray();
      }
    }
  }

  private static void assertAngles(RopeScaling scaling, DoubleUnaryOperator changed) {
    float[] actual = cosines(scaling);
    assertThat(actual).hasSize(POSITIONS * HEAD / 2);
    for (int p = 0; p < POSITIONS; p++) {
      for (int i = 0; i < HEAD / 2; i++) {
        double frequency = changed.applyAsDouble(Math.pow(10_000, -2.0 * i / HEAD));
        assertThat(actual[p * HEAD / 2 + i])
            .isCloseTo((float) Math.cos(p * frequency), within(1e-4f));
      }
    }
  }

  @Test
  void linearScalingDividesAllFrequencies() {
    assertAngles(RopeScaling.NONE, frequency -> frequency);
    assertAngles(new RopeScaling(4, 1, 1, 2, 1), frequency -> frequency / 4);
  }

  @Test
  void llama3ScalingDividesTheSlowOnesAlone() {
    double factor = 8;
    double low = 1;
    double high = 4;
    int trained = 128;
    assertAngles(
        new RopeScaling(1, factor, low, high, trained),
        frequency -> {
          double length = 2 * Math.PI / frequency;
          if (length < trained / high) {
            return frequency;
          }
          if (length > trained / low) {
            return frequency / factor;
          }
          double smooth = (trained / length - low) / (high - low);
          return (1 - smooth) * frequency / factor + smooth * frequency;
        });
  }
}
