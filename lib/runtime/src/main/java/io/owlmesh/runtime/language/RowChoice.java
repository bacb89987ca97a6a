// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.language;

import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Up to how many rows a step is computed faster by {@link LlamaRows} than by the network's program:
 * measured with whole steps of the model, since it differs with the processor, the type and the
 * shape.
 */
final class RowChoice {
  private static final Logger LOG = LoggerFactory.getLogger(RowChoice.class);
  private static final int[] ROWS = {1, 2, 4, 8, 16, 32};
  private static final int MOST = ROWS[ROWS.length - 1];
  // Positions before the one that is computed.
  private static final int BEFORE = 128;
  // The first steps of a program decide how it is compiled, and bring files to memory.
  private static final int WARM_UP = 2;
  // In turn, of which the least counts: services that start together only ever add to it.
  private static final int PASSES = 5;

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
    int before = Math.min(BEFORE, model.config().language().context() - 1);
    try (KeyValueCache cache = model.cache(before + MOST);
        LoraAdapter none = model.none()) {
      if (cache.isReadable()) {
        for (int count : ROWS) {
          if (!faster(model, rows, cache, sequences(model, count, before, none))) {
            break;
          }
          most = count;
        }
      }
    }
    LOG.info("Steps of up to {} rows are computed where the weights lie", most);
    return most;
  }

  /** One position of each of some sequences that begin alike, as those of one prefix do. */
  private static List<Segment> sequences(
      LanguageModel model, int count, int before, LoraAdapter none) {
    int[] shared = before == 0 ? new int[0] : new int[] {0, before};
    return IntStream.range(0, count)
        .mapToObj(i ->
            new Segment(
                model.nothing(),
                new int[] {0},
                before,
                new int[] {before + i},
                shared,
                none,
                Segment.Logits.LAST))
        .toList();
  }

  /** Whether the least time of a step here is no longer than that of the program. */
  private static boolean faster(
      LanguageModel model, LlamaRows rows, KeyValueCache cache, List<Segment> step) {
    long here = Long.MAX_VALUE;
    long program = Long.MAX_VALUE;
    for (int pass = 0; pass < WARM_UP + PASSES; pass++) {
      here = Math.min(here, nanos(() -> rows.step(cache, step, new long[0])));
      program = Math.min(program, nanos(() -> model.program(cache, step)));
    }
    LOG.info(
        "A step of {} rows takes {} ms where the weights lie, {} ms in the network's program",
        step.size(),
        here / 1_000_000.0,
        program / 1_000_000.0);
    return here <= program;
  }

  private static long nanos(Supplier<ForwardResult> step) {
    long begin = System.nanoTime();
    step.get().close();
    return System.nanoTime() - begin;
  }
}
