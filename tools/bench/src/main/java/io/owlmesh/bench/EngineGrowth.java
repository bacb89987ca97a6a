// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import io.owlmesh.bench.Growth.Line;
import io.owlmesh.bench.Growth.Point;
import io.owlmesh.client.AdapterClient;
import io.owlmesh.client.Address;
import io.owlmesh.client.AnswerFailed;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.proto.llm.v1.Model;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** How the figures of a serving engine grow. */
final class EngineGrowth implements AutoCloseable {
  private final EngineClient client;
  private final AdapterClient loras;
  private final ModelConfig config;
  private final Model model;
  private final BenchPrompts prompts;
  private final int tokens;
  private final int rounds;
  private final Consumer<String> told;

  /**
   * @param tokens of each answer
   * @param rounds of which the median counts
   * @param told what was measured last
   */
  EngineGrowth(Address address, ModelConfig config, int tokens, int rounds, Consumer<String> told) {
    this.client = new EngineClient(address);
    this.loras = new AdapterClient(address);
    this.config = config;
    this.model = client.model();
    this.prompts = new BenchPrompts(config, model.getDescription());
    this.tokens = tokens;
    this.rounds = rounds;
    this.told = told;
  }

  /** First token and step by the positions of a prompt. */
  List<Growth> context(List<Integer> lengths) {
    int room = Math.min(model.getDescription().getContext(), model.getLimits().getCachePositions());
    double perSentence = prompts.positionsPerSentence(client);
    List<Point> firsts = new ArrayList<>();
    List<Point> steps = new ArrayList<>();
    for (int length : upTo(room, lengths, "positions are the longest conversation")) {
      // Whatever is longer than was meant must leave room for the answer.
      int sentences = (int) (Math.min(length, room - tokens - perSentence) / perSentence);
      List<Double> first = new ArrayList<>();
      List<Double> step = new ArrayList<>();
      for (int i = 0; i <= rounds; i++) {
        EngineAnswer answer =
            client.ask(prompts.sentences(sentences), EngineClient.exactly(tokens).build()).join();
        if (i > 0) { // The first one compiles.
          first.add(answer.firstSeconds() * 1e3);
          step.add(1e3 / answer.tokensPerSecond());
        }
      }
      firsts.add(new Point(length, median(first)));
      steps.add(new Point(length, median(step)));
      told.accept("positions: " + length);
    }
    String along = "positions of the prompt";
    return List.of(
        new Growth("first token", along, "ms", List.of(new Line("", firsts))),
        new Growth("step of one answer", along, "ms", List.of(new Line("", steps))));
  }

  /** Tokens a second by the number of answers. */
  List<Growth> sequences(List<Integer> counts) {
    List<Point> points = new ArrayList<>();
    for (int count :
        upTo(model.getLimits().getMaxSequences(), counts, "answers at a time: OWL_MAX_SEQUENCES")) {
      points.add(new Point(count, rate(count, 0)));
      told.accept("answers: " + count);
    }
    return List.of(
        new Growth("answers together", "answers", "tokens/s", List.of(new Line("", points))));
  }

  /** Tokens a second of as many answers as there may be, by the number of their adapters. */
  List<Growth> adapters(List<Integer> counts)
      throws IOException, AnswerFailed, InterruptedException {
    int answers = model.getLimits().getMaxSequences();
    List<Integer> numbers =
        upTo(answers, counts, "answers at a time, each with an adapter: OWL_MAX_SEQUENCES");
    int loaded = 0;
    List<Point> points = new ArrayList<>();
    try {
      for (int count : numbers) {
        for (; loaded < count; loaded++) {
          loras.upload(name(loaded), true, RandomAdapter.files(config, loaded));
        }
        points.add(new Point(count, rate(answers, count)));
        told.accept("adapters: " + count);
      }
    } finally {
      for (int i = 0; i < loaded; i++) {
        loras.unload(name(i));
      }
    }
    return List.of(
        new Growth(
            "%d answers with adapters".formatted(answers),
            "adapters",
            "tokens/s",
            List.of(new Line("", points))));
  }

  private static String name(int adapter) {
    return "owl-growth-" + adapter;
  }

  private double rate(int answers, int adapters) {
    List<Double> rates = new ArrayList<>();
    for (int i = 0; i <= rounds; i++) {
      double rate =
          EngineAnswer.together(
              client.together(
                  answers,
                  _ -> prompts.text(),
                  n ->
                      EngineClient.exactly(tokens)
                          .setAdapter(adapters == 0 ? "" : name(n % adapters))));
      if (i > 0) {
        rates.add(rate);
      }
    }
    return median(rates);
  }

  private List<Integer> upTo(int most, List<Integer> wanted, String what) {
    List<Integer> possible = wanted.stream().filter(n -> n <= most).sorted().toList();
    if (possible.size() < wanted.size()) {
      told.accept("left out: more than %d %s".formatted(most, what));
    }
    return possible;
  }

  static double median(List<Double> values) {
    return Distribution.of(values, value -> value).percentile(0.5);
  }

  @Override
  public void close() {
    client.close();
    loras.close();
  }
}
