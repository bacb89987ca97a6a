// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import io.owlmesh.proto.llm.v1.Finished;
import java.util.List;

/**
 * An answer of the language model's service, as its caller saw it.
 *
 * @param begin {@link System#nanoTime} when the prompt was complete
 * @param ids tokens
 * @param times {@link System#nanoTime} when each token came
 */
record EngineAnswer(long begin, List<Integer> ids, List<Long> times, Finished end) {
  /** Seconds to the first token. */
  double firstSeconds() {
    return (times.getFirst() - begin) / 1e9;
  }

  /** Tokens a second after the first. */
  double tokensPerSecond() {
    return (times.size() - 1) * 1e9 / (times.getLast() - times.getFirst());
  }

  /** Tokens a second of answers together, while all of them are being written. */
  static double together(List<EngineAnswer> answers) {
    long from = answers.stream().mapToLong(a -> a.times.getFirst()).max().orElseThrow();
    long to = answers.stream().mapToLong(a -> a.times.getLast()).min().orElseThrow();
    long tokens =
        answers.stream().flatMap(a -> a.times.stream()).filter(t -> t > from && t <= to).count();
    return tokens * 1e9 / (to - from);
  }
}
