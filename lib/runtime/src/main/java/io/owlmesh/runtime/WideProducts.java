// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import io.owlmesh.core.DType;

/**
 * Whether products of many rows with bfloat16 matrices are faster after widening them to float32,
 * as on processors without instructions for bfloat16. Measured once a process.
 */
final class WideProducts {
  private static final int SIDE = 1024;
  private static final int ROWS = 128;
  private static final int PASSES = 3;

  private static final boolean PAY = measure();

  private WideProducts() {}

  static boolean pay() {
    return PAY;
  }

  private static boolean measure() {
    try (Program program = Program.withoutWidening();
        PtNDManager scope = program.newScope()) {
      NDArray rows = bfloat16(program, scope, ROWS);
      NDArray square = bfloat16(program, scope, SIDE);
      if (Packing.works(program)) {
        return false; // Packed matrices are faster than either.
      }
      long plain = nanos(program, "multiply", rows, square, scope);
      return nanos(program, "wide", rows, square, scope) < plain;
    } catch (EngineException e) {
      return false; // Where bfloat16 cannot be tried, it is not used.
    }
  }

  private static long nanos(
      Program program, String method, NDArray x, NDArray w, PtNDManager scope) {
    long best = Long.MAX_VALUE;
    for (int pass = 0; pass < PASSES; pass++) {
      long begin = System.nanoTime();
      try (Call call = program.call(method).with(x).with(w)) {
        call.tensor(scope).close();
      }
      best = Math.min(best, System.nanoTime() - begin);
    }
    return best;
  }

  private static NDArray bfloat16(Program program, PtNDManager scope, int rows) {
    try (NDArray values = scope.ones(new Shape(rows, SIDE));
        Call adopt = program.call("adopt")) {
      return adopt.with(values).with(false).with(Torch.number(DType.BFLOAT16)).tensor(scope);
    }
  }
}
