// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import java.util.List;

/**
 * When tokens of answers to questions asked together came, milliseconds after these.
 *
 * @param prompt positions of each question
 */
record PeerTimes(int prompt, List<List<Double>> times) {
  static PeerTimes of(int prompt, List<EngineAnswer> answers) {
    long begin = answers.stream().mapToLong(EngineAnswer::begin).min().orElseThrow();
    return new PeerTimes(
        prompt,
        answers.stream()
            .map(a -> a.times().stream().map(t -> (t - begin) / 1e6).toList())
            .toList());
  }

  /** Tokens a second of all answers, while all of them are being written. */
  double decoding() {
    double from = times.stream().mapToDouble(List::getFirst).max().orElseThrow();
    double to = times.stream().mapToDouble(List::getLast).min().orElseThrow();
    long tokens = times.stream().flatMap(List::stream).filter(t -> t > from && t <= to).count();
    return tokens * 1e3 / (to - from);
  }

  /** Positions a second of all questions, until each has its first token. */
  double reading() {
    double last = times.stream().mapToDouble(List::getFirst).max().orElseThrow();
    return prompt * times.size() * 1e3 / last;
  }
}
