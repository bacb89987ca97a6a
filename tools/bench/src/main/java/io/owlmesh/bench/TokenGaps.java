// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;

/** How long an answer waits for its tokens while the prompt of somebody else is read. */
final class TokenGaps {
  // Of the tokens of the answer, one part comes before the prompt and the others beside it or
  // after.
  private static final int PARTS = 4;

  private final List<Double> alone = new ArrayList<>();
  private final List<Double> beside = new ArrayList<>();

  /**
   * Measures once more.
   *
   * @param tokens that come before the prompt
   * @param tokensPerSecond about, of an answer that is alone
   * @param prompt positions, about
   */
  void measure(
      EngineClient client, BenchPrompts prompts, int tokens, double tokensPerSecond, int prompt)
      throws InterruptedException {
    CompletableFuture<EngineAnswer> written =
        client.ask(prompts.text(), EngineClient.exactly(PARTS * tokens).build());
    Thread.sleep((long) (1000 * tokens / tokensPerSecond));
    EngineAnswer read =
        client.ask(prompts.longPrompt(prompt), EngineClient.exactly(1).build()).join();
    List<Long> times = written.join().times();
    for (int i = 1; i < times.size(); i++) {
      double millis = (times.get(i) - times.get(i - 1)) / 1e6;
      if (times.get(i) < read.begin()) {
        alone.add(millis);
      } else if (times.get(i - 1) < read.times().getFirst()) {
        beside.add(millis);
      }
    }
  }

  /** The median gap beside a prompt over that without one. */
  Figure figure() {
    Distribution undisturbed = Distribution.of(alone, gap -> gap);
    Distribution disturbed = Distribution.of(beside, gap -> gap);
    return new Figure(
        "from token to token while a prompt is read",
        disturbed.percentile(0.5) / undisturbed.percentile(0.5),
        "times as long as alone",
        String.format(
            Locale.ROOT,
            "%.4g ms beside %.4g ms, at most %.4g ms beside %.4g ms",
            disturbed.percentile(0.5),
            undisturbed.percentile(0.5),
            disturbed.percentile(1),
            undisturbed.percentile(1)));
  }
}
