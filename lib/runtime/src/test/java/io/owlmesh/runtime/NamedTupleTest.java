// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import io.owlmesh.model.script.NamedTuple;
import io.owlmesh.model.script.Script;
import java.util.List;
import org.junit.jupiter.api.Test;

class NamedTupleTest {
  private record CutOfThree(int first, int count, long third) {}

  /** The same fields elsewhere. */
  private record Turned(long third, int count, int first) {}

  private record Mixed(int first, double second) {}

  private record Worded(String word) {}

  private static long[] cut(NamedTuple tuple, Record values) {
    Script script =
        new Script(
            List.of(tuple),
            List.of(tuple.reader()),
            List.of("/io/owlmesh/model/script/cut.torchscript"));
    try (Program program = Program.load(script, 1, EngineOptions.DEFAULTS);
        PtNDManager scope = program.newScope()) {
      long[] numbers = NamedTuple.longs(values);
      NDArray in = scope.create(numbers, new Shape(numbers.length));
      try (Call call = program.call("cut").with(in)) {
        return call.tensor(scope).toLongArray();
      }
    }
  }

  @Test
  void aProgramFindsNumbersByNameWhereverTheyAreDeclared() {
    assertThat(cut(NamedTuple.of(CutOfThree.class), new CutOfThree(1, 2, 7))).containsExactly(2, 7);
    assertThat(cut(NamedTuple.of("CutOfThree", Turned.class), new Turned(7, 2, 1)))
        .containsExactly(2, 1);
  }

  @Test
  void constantsKeepTheirTypes() {
    assertThat(NamedTuple.of(Mixed.class).constant(new Mixed(3, 1e-6)))
        .endsWith("return __torch__.Mixed(3, 1.0E-6)\n");
  }

  @Test
  void whatTorchScriptDoesNotHaveIsRefused() {
    assertThatThrownBy(() -> NamedTuple.of(Worded.class))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> NamedTuple.of(Mixed.class).reader())
        .isInstanceOf(IllegalStateException.class);
  }
}
