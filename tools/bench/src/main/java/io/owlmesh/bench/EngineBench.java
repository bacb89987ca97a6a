// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import io.owlmesh.client.AdapterClient;
import io.owlmesh.client.Address;
import io.owlmesh.client.AnswerFailed;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import io.owlmesh.proto.llm.v1.Model;
import io.owlmesh.proto.llm.v1.PromptPart;
import io.owlmesh.proto.llm.v1.StatisticsResponse;
import io.owlmesh.runtime.PeakProduct;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Measures the serving engine through its service: one answer and many together, long prompts,
 * second turns, adapters, next to what the machine allows.
 */
public final class EngineBench implements AutoCloseable {
  private static final int ADAPTERS = 8;
  private static final int REPEATS = 3;

  private final EngineClient client;
  private final AdapterClient loras;
  private final ModelConfig config;
  private final Model model;
  private final BenchPrompts prompts;
  private final int tokens;
  private final int prompt;
  private final Consumer<Figure> told;
  private final List<Figure> rows = new ArrayList<>();

  /**
   * @param config of the model that the service answers with
   * @param tokens of each answer
   * @param prompt positions of the long prompt
   * @param told each row as soon as it is measured
   */
  public EngineBench(
      Address address, ModelConfig config, int tokens, int prompt, Consumer<Figure> told) {
    this.client = new EngineClient(address);
    this.loras = new AdapterClient(address);
    this.config = config;
    this.model = client.model();
    this.prompts = new BenchPrompts(config, model.getDescription());
    this.tokens = tokens;
    this.prompt = prompt;
    this.told = told;
  }

  /** Measures everything; takes minutes with a large model. */
  public List<Figure> run(long memoryBytes) throws IOException, AnswerFailed, InterruptedException {
    int cores = Runtime.getRuntime().availableProcessors();
    double bandwidth = Bandwidth.measure(memoryBytes, cores);
    row("memory, read", bandwidth / 1e9, "GB/s", cores + " threads");
    double peak = PeakProduct.measure(cores);
    row("product of large matrices, bfloat16", peak / 1e12, "TFLOP/s", "1024 x 4096 x 4096");
    double floor = bandwidth / model.getDescription().getWeightBytes();
    ask(prompts.text(), EngineClient.exactly(2)).join(); // The first answer compiles.
    double alone = alone(floor);
    batches(alone);
    prefill(peak);
    gaps(alone);
    secondTurn();
    adapters();
    invariance();
    return rows;
  }

  private void row(String what, double value, String unit, String beside) {
    row(new Figure(what, value, unit, beside));
  }

  private void row(Figure row) {
    rows.add(row);
    told.accept(row);
  }

  private CompletableFuture<EngineAnswer> ask(
      List<PromptPart> parts, GenerationOptions.Builder options) {
    return client.ask(parts, options.build());
  }

  private double alone(double floor) {
    StatisticsResponse before = client.statistics();
    double best = 0;
    for (int i = 0; i < REPEATS; i++) {
      best =
          Math.max(
              best, ask(prompts.text(), EngineClient.exactly(tokens)).join().tokensPerSecond());
    }
    row(
        "one answer",
        best,
        "tokens/s",
        String.format(
            Locale.ROOT, "%.0f %% of the floor of %.4g tokens/s", 100 * best / floor, floor));
    overhead("one answer", before);
    return best;
  }

  private void overhead(String what, StatisticsResponse before) {
    StatisticsResponse now = client.statistics();
    double steps = now.getSteps() - before.getSteps();
    double busy = now.getBusyMicros() - before.getBusyMicros();
    double inNative = now.getNativeMicros() - before.getNativeMicros();
    row(
        what + ": outside native code",
        (busy - inNative) / steps / 1000,
        "ms/step",
        String.format(Locale.ROOT, "%.1f %% of a step", 100 * (busy - inNative) / busy));
  }

  private void batches(double alone) {
    for (int count = 2; count <= Math.min(16, model.getLimits().getMaxSequences()); count *= 2) {
      StatisticsResponse before = client.statistics();
      double best = 0;
      for (int i = 0; i < REPEATS; i++) {
        best =
            Math.max(
                best,
                EngineAnswer.together(
                    client.together(
                        count, _ -> prompts.text(), _ -> EngineClient.exactly(tokens))));
      }
      row(
          count + " answers together",
          best,
          "tokens/s",
          String.format(Locale.ROOT, "%.2f x one answer", best / alone));
      overhead(count + " answers", before);
    }
  }

  private void prefill(double peak) {
    double best = 0;
    int positions = 0;
    for (int i = 0; i < REPEATS; i++) {
      EngineAnswer answer = ask(prompts.longPrompt(prompt), EngineClient.exactly(1)).join();
      positions = answer.end().getUsage().getPromptTokens();
      double seconds = answer.end().getTimings().getPrefillMicros() / 1e6;
      best = Math.max(best, positions / seconds);
    }
    double operations = 2.0 * model.getDescription().getMatrixParameters() * best;
    row(
        "reading a prompt of " + positions,
        best,
        "tokens/s",
        String.format(
            Locale.ROOT,
            "%.3g TFLOP/s in matrices, %.0f %% of the large product",
            operations / 1e12,
            100 * operations / peak));
  }

  private void gaps(double tokensPerSecond) throws InterruptedException {
    TokenGaps gaps = new TokenGaps();
    for (int i = 0; i < REPEATS; i++) {
      gaps.measure(client, prompts, tokens, tokensPerSecond, prompt);
    }
    row(gaps.figure());
  }

  private void secondTurn() {
    double cold = 0;
    double warm = 0;
    int cached = 0;
    int positions = 0;
    for (int i = 0; i < REPEATS; i++) {
      // Read as it stands after the first answer, which leaves the same in the cache.
      List<PromptPart> first = prompts.conversation();
      ask(first, EngineClient.exactly(1)).join();
      EngineAnswer second = ask(prompts.nextTurn(first), EngineClient.exactly(1)).join();
      cached = second.end().getUsage().getCachedPromptTokens();
      positions = second.end().getUsage().getPromptTokens();
      warm += second.firstSeconds() / REPEATS;
      cold +=
          ask(prompts.nextTurn(prompts.conversation()), EngineClient.exactly(1))
                  .join()
                  .firstSeconds()
              / REPEATS;
    }
    row(
        "second turn about an image, first token",
        warm * 1000,
        "ms",
        String.format(
            Locale.ROOT,
            "%.0f %% of %.4g ms cold; %d of %d positions cached",
            100 * warm / cold,
            cold * 1000,
            cached,
            positions));
  }

  private void adapters() throws IOException, AnswerFailed, InterruptedException {
    int count = Math.min(ADAPTERS, model.getLimits().getMaxSequences());
    for (int i = 0; i < count; i++) {
      loras.upload("owl-bench-" + i, true, RandomAdapter.files(config, i));
    }
    double same = 0;
    double different = 0;
    for (int i = 0; i < REPEATS; i++) {
      same =
          Math.max(
              same,
              EngineAnswer.together(
                  client.together(
                      count,
                      _ -> prompts.text(),
                      _ -> EngineClient.exactly(tokens).setAdapter("owl-bench-0"))));
      different =
          Math.max(
              different,
              EngineAnswer.together(
                  client.together(
                      count,
                      _ -> prompts.text(),
                      n -> EngineClient.exactly(tokens).setAdapter("owl-bench-" + n))));
    }
    for (int i = 0; i < count; i++) {
      loras.unload("owl-bench-" + i);
    }
    row(
        count + " adapters in one batch",
        different,
        "tokens/s",
        String.format(
            Locale.ROOT,
            "%.0f %% more time than one adapter's %.4g",
            100 * (same / different - 1),
            same));
  }

  private void invariance() {
    int count = Math.min(16, model.getLimits().getMaxSequences());
    List<List<PromptPart>> asked = IntStream.range(0, count).mapToObj(_ -> prompts.text()).toList();
    List<List<Integer>> alone =
        asked.stream().map(p -> ask(p, EngineClient.exactly(tokens)).join().ids()).toList();
    List<List<Integer>> mixed =
        client.together(count, asked::get, _ -> EngineClient.exactly(tokens)).stream()
            .map(EngineAnswer::ids)
            .toList();
    long equal = IntStream.range(0, count).filter(i -> alone.get(i).equals(mixed.get(i))).count();
    row(
        "greedy answers the same alone and together",
        100.0 * equal / count,
        "%",
        "%d answers of %d tokens in %s"
            .formatted(count, tokens, model.getDescription().getDataType()));
  }

  @Override
  public void close() {
    client.close();
    loras.close();
  }
}
