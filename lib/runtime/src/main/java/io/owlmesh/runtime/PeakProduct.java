// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import io.owlmesh.model.script.Script;

/**
 * How fast this machine multiplies large matrices in bfloat16: what reading a prompt cannot beat.
 */
public final class PeakProduct {
  private static final int SIDE = 4096;
  private static final int ROWS = 1024;
  private static final int PASSES = 5;
  // The number TorchScript has for bfloat16.
  private static final int BFLOAT16 = 15;

  private PeakProduct() {}

  /** The best of several products [1024, 4096] x [4096, 4096], operations per second. */
  public static double measure(int threads) {
    EngineOptions options = new EngineOptions("cpu", Precision.BFLOAT16, threads);
    try (Program program = Program.load(Script.EMPTY, Long.MAX_VALUE, options);
        PtNDManager scope = program.newScope()) {
      NDArray rows = matrix(program, scope, ROWS);
      NDArray square = matrix(program, scope, SIDE);
      NDArray packed;
      try (Call pack = program.call("pack")) {
        packed = pack.with(square).tensor(scope);
      }
      long best = Long.MAX_VALUE;
      for (int pass = 0; pass < PASSES; pass++) {
        long begin = System.nanoTime();
        try (Call multiply = program.call("multiply")) {
          multiply.with(rows).with(packed).tensor(scope).close();
        }
        best = Math.min(best, System.nanoTime() - begin);
      }
      return 2.0 * ROWS * SIDE * SIDE * 1e9 / best;
    }
  }

  private static NDArray matrix(Program program, PtNDManager scope, int rows) {
    try (NDArray values = scope.randomUniform(-1, 1, new Shape(rows, SIDE));
        Call adopt = program.call("adopt")) {
      return adopt.with(values).with(false).with(BFLOAT16).tensor(scope);
    }
  }
}
