// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import io.owlmesh.core.DType;
import java.nio.ByteBuffer;

/** Whether this processor can multiply with packed bfloat16 matrices; not every one can. */
final class Packing {
  private static final int SIDE = 64;

  private Packing() {}

  /** Tries it on a small matrix. */
  static boolean works(Program program) {
    try (PtNDManager scope = program.newScope()) {
      NDArray raw =
          scope.create(
              ByteBuffer.allocateDirect(SIDE * SIDE * 4), new Shape(SIDE, SIDE), DataType.FLOAT32);
      try (Call adopt =
          program.call("adopt").with(raw).with(false).with(Torch.number(DType.BFLOAT16))) {
        NDArray matrix = adopt.tensor(scope);
        try (Call pack = program.call("pack").with(matrix)) {
          NDArray packed = pack.tensor(scope);
          try (Call multiply = program.call("multiply").with(matrix).with(packed)) {
            multiply.tensor(scope);
            return true;
          }
        }
      }
    } catch (EngineException e) {
      return false;
    }
  }
}
