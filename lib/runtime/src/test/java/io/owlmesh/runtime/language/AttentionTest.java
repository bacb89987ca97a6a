// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.language;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import io.owlmesh.model.family.NetworkSpec;
import io.owlmesh.model.random.Preset;
import io.owlmesh.model.script.Script;
import io.owlmesh.runtime.Call;
import io.owlmesh.runtime.EngineOptions;
import io.owlmesh.runtime.Program;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AttentionTest {
  static Script script() {
    NetworkSpec network = Preset.NANO.config().languageNetwork();
    return network.script().plus(DecoderScript.of(network.weights()));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void otherDevicesAttendAsTheProcessorDoes(boolean causal) {
    try (Program program = Program.load(script(), 1, EngineOptions.DEFAULTS);
        PtNDManager scope = program.newScope()) {
      NDArray q = scope.randomNormal(new Shape(3, 5, 8));
      NDArray k = scope.randomNormal(new Shape(3, 5, 8));
      NDArray v = scope.randomNormal(new Shape(3, 5, 8));

      NDArray bias = scope.randomNormal(new Shape(1, 3, 1, 5));

      List<NDArray> fused = attended(program, "fused", scope, List.of(q, k, v, bias), causal);
      List<NDArray> plain = attended(program, "plain", scope, List.of(q, k, v, bias), causal);

      for (int i = 0; i < 2; i++) {
        float[] expected = fused.get(i).toFloatArray();
        assertThat(plain.get(i).toFloatArray()).hasSameSizeAs(expected);
        for (int j = 0; j < expected.length; j++) {
          assertThat(plain.get(i).toFloatArray()[j]).isCloseTo(expected[j], within(1e-5f));
        }
      }
    }
  }

  private static List<NDArray> attended(
      Program program, String method, PtNDManager scope, List<NDArray> inputs, boolean causal) {
    try (Call call = program.call(method)) {
      inputs.forEach(call::with);
      return call.with(causal).tensors(scope);
    }
  }
}
