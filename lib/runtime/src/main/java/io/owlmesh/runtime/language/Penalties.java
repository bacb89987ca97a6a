// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.language;

import io.owlmesh.core.SamplingParams;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/** Changes logits by what prompt and answer hold already. */
public final class Penalties {
  private Penalties() {}

  /** Applies penalties and forbidden repetitions to logits [V] or log probabilities, in place. */
  public static void apply(SamplingParams sampling, float[] logits, TokenHistory history) {
    if (sampling.repetition() != 1) {
      repetition(sampling.repetition(), logits, history);
    }
    if (sampling.presence() != 0 || sampling.frequency() != 0) {
      Map<Integer, Integer> counts = new HashMap<>();
      for (int i = history.promptLength(); i < history.length(); i++) {
        counts.merge(history.id(i), 1, Integer::sum);
      }
      counts.forEach((id, count) ->
          logits[id] -= (float) (sampling.presence() + count * sampling.frequency()));
    }
    if (sampling.noRepeat() > 0) {
      forbid(sampling.noRepeat(), logits, history);
    }
  }

  private static void repetition(double penalty, float[] logits, TokenHistory history) {
    BitSet seen = new BitSet(logits.length);
    for (int i = 0; i < history.length(); i++) {
      int id = history.id(i);
      if (id >= 0 && !seen.get(id)) {
        seen.set(id);
        logits[id] = (float) (logits[id] > 0 ? logits[id] / penalty : logits[id] * penalty);
      }
    }
  }

  /**
   * Forbids every id that would end a run which came before; visual positions are in no run. Where
   * a rule has left no other id, a run may come again.
   */
  private static void forbid(int run, float[] logits, TokenHistory history) {
    BitSet ends = new BitSet(logits.length);
    int length = history.length();
    for (int start = 0; start + run <= length; start++) {
      boolean same = history.id(start + run - 1) >= 0;
      for (int i = 0; same && i < run - 1; i++) {
        int id = history.id(start + i);
        same = id >= 0 && id == history.id(length - run + 1 + i);
      }
      if (same) {
        ends.set(history.id(start + run - 1));
      }
    }
    if (leavesAny(logits, ends)) {
      ends.stream().forEach(id -> logits[id] = Float.NEGATIVE_INFINITY);
    }
  }

  private static boolean leavesAny(float[] logits, BitSet ends) {
    for (int id = ends.nextClearBit(0); id < logits.length; id = ends.nextClearBit(id + 1)) {
      if (logits[id] != Float.NEGATIVE_INFINITY) {
        return true;
      }
    }
    return false;
  }
}
