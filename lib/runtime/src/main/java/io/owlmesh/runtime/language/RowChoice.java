// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.language;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDManager;
import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.runtime.Call;
import io.owlmesh.runtime.HostTensors;
import io.owlmesh.runtime.Program;
import io.owlmesh.runtime.ScriptValue;
import java.util.Arrays;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Up to how many rows a step is computed faster by {@link LlamaRows} than by the network's program:
 * measured with the model's own largest matrix, since it differs with the processor, the type and
 * the shape.
 */
final class RowChoice {
  private static final Logger LOG = LoggerFactory.getLogger(RowChoice.class);
  private static final int[] ROWS = {1, 2, 4, 8, 16, 32};
  // In turn: services that start together take time from both alike, and from any single pass at
  // random.
  private static final int PASSES = 11;

  private RowChoice() {}

  /** Measures; some seconds for a large model. */
  static int most(LanguageModel model, LlamaRows rows) {
    if (!rows.warmUp()) {
      LOG.warn(
          "Steps of few rows are computed by the network's program: the JVM did not compile"
              + " what computes them where the weights lie");
      return 0;
    }
    int most = 0;
    for (int count : ROWS) {
      if (faster(model, rows, count) <= PASSES / 2) {
        break;
      }
      most = count;
    }
    LOG.info("Steps of up to {} rows are computed where the weights lie", most);
    return most;
  }

  /** In how many passes a product was computed faster here than in the program. */
  private static int faster(LanguageModel model, LlamaRows rows, int count) {
    float[] x = new float[count * model.config().language().width()];
    Arrays.fill(x, 0.5f);
    Program program = model.program();
    int faster = 0;
    try (PtNDManager scope = program.newScope();
        ScriptValue matrix = model.weights().matrix(program, LlamaRows.GATE)) {
      HostTensor host = HostTensor.ofFloats(x, count, model.config().language().width());
      NDArray input = HostTensors.enter(program, host, DType.BFLOAT16, scope);
      for (int pass = 0; pass < PASSES; pass++) {
        long here = rows.product(x, count);
        long begin = System.nanoTime();
        try (Call call = program.call("product").with(input).with(matrix)) {
          call.with(program.options().quantization().rows()).tensor(scope).close();
        }
        faster += here <= System.nanoTime() - begin ? 1 : 0;
      }
    }
    return faster;
  }
}
