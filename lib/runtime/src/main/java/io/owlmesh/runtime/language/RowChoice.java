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
 * Up to how many sequences a step is computed faster by {@link LlamaRows} than by the network's
 * program: measured with the model's own largest matrix, since it differs with the processor, the
 * type and the shape.
 */
final class RowChoice {
  private static final Logger LOG = LoggerFactory.getLogger(RowChoice.class);
  private static final int[] ROWS = {1, 2, 4, 8, 16, 32};
  // Other work on the machine only ever adds time.
  private static final int PASSES = 3;

  private RowChoice() {}

  /** Measures; some tenths of a second for a large model. */
  static int most(LanguageModel model, LlamaRows rows) {
    if (!rows.warmUp()) {
      LOG.warn(
          "Steps of few sequences are computed by the network's program: the JVM did not compile"
              + " what computes them where the weights lie");
      return 0;
    }
    int most = 0;
    long[] last = new long[2];
    for (int count : ROWS) {
      long[] nanos = measure(model, rows, count);
      if (nanos[0] > nanos[1]) {
        break;
      }
      most = count;
      last = nanos;
    }
    LOG.info(
        "Steps of up to {} sequences are computed where the weights lie: a matrix in {} instead of"
            + " {} microseconds",
        most,
        last[0] / 1000,
        last[1] / 1000);
    return most;
  }

  /** Nanoseconds of one product here and in the program. */
  private static long[] measure(LanguageModel model, LlamaRows rows, int count) {
    float[] x = new float[count * model.config().language().width()];
    Arrays.fill(x, 0.5f);
    Program program = model.program();
    long[] best = {Long.MAX_VALUE, Long.MAX_VALUE};
    try (PtNDManager scope = program.newScope();
        ScriptValue matrix = model.weights().matrix(program, LlamaRows.GATE)) {
      HostTensor host = HostTensor.ofFloats(x, count, model.config().language().width());
      NDArray input = HostTensors.enter(program, host, DType.BFLOAT16, scope);
      for (int pass = 0; pass < PASSES; pass++) {
        best[0] = Math.min(best[0], rows.product(x, count));
        long begin = System.nanoTime();
        try (Call call = program.call("product").with(input).with(matrix)) {
          call.with(program.options().quantization().rows()).tensor(scope).close();
        }
        best[1] = Math.min(best[1], System.nanoTime() - begin);
      }
    }
    return best;
  }
}
