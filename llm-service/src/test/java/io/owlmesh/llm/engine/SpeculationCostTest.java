// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.OperatingSystemMXBean;
import io.owlmesh.core.SamplingParams;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.text.Prompt;
import io.owlmesh.model.text.Tokenizer;
import io.owlmesh.runtime.EngineOptions;
import io.owlmesh.runtime.Precision;
import io.owlmesh.runtime.Quantization;
import io.owlmesh.runtime.WeightLoader;
import io.owlmesh.runtime.language.LanguageModel;
import io.owlmesh.runtime.language.LoraAdapter;
import io.owlmesh.runtime.language.Sampler;
import io.owlmesh.stage.HeldNames;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * What proposed ids gain and cost; with {@code -Dowl.measure}, of {@code -Dowl.measure.checkpoint},
 * {@code .dtype} and {@code .quantize}.
 */
@EnabledIfSystemProperty(named = "owl.measure", matches = ".*")
class SpeculationCostTest {
  private static final Logger LOG = Logger.getLogger(SpeculationCostTest.class);
  // What repeats itself; what does less; and what never goes on as it did after the same two ids.
  private static final List<SamplingParams> TEXTS =
      List.of(
          SamplingParams.GREEDY,
          new SamplingParams(1, 0, 1, 0),
          new SamplingParams(0, 0, 1, 0, 1, 0, 0, 3, 0));
  private static final int ROUNDS = Integer.getInteger("owl.measure.rounds", 8);
  private static final int WARM_UP = 2;
  private static final int TOKENS = Integer.getInteger("owl.measure.tokens", 256);

  private static String setting(String name, String standard) {
    return System.getProperty("owl.measure." + name, standard);
  }

  /** An answer's time and that of processors spent on it, in seconds. */
  private record Cost(double seconds, double processor) {}

  private static double processor() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime()
        / 1e9;
  }

  /** What is asked of an engine, again and again. */
  private record Asked(ServingEngine engine, EnginePrompt prompt, LoraAdapter adapter, int eos) {
    /** Of an answer that does not end by itself. */
    Cost cost(SamplingParams sampling) throws Exception {
      Sampler sampler =
          new Sampler(sampling, (logits, history) -> logits[eos] = Float.NEGATIVE_INFINITY, 0);
      AskedAnswers answer = new AskedAnswers();
      double before = processor();
      engine.submit(
          new EngineRequest(
              prompt,
              List.of(),
              adapter,
              new DecodingStrategy.Samples(List.of(sampler::choose)),
              TOKENS,
              0,
              Long.MAX_VALUE,
              answer));
      return new Cost(answer.await().decodeNanos() / 1e9, processor() - before);
    }
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
  }

  @Test
  void answersThatRepeatThemselvesAreFasterAndOthersNotSlower() throws Exception {
    Path folder = Path.of(setting("checkpoint", "../deploy/models/owl-nano"));
    EngineOptions options =
        new EngineOptions(
            "cpu",
            Precision.named(setting("dtype", "auto")),
            0,
            Quantization.named(setting("quantize", "none")));
    try (LanguageModel model =
            LanguageModel.load(
                Checkpoint.open(folder), options, Optional.empty(), WeightLoader.Progress.NONE);
        LoraAdapter none = model.none();
        ServingEngine plain = engine(model, 0);
        ServingEngine speculating = engine(model, 7)) {
      Tokenizer tokenizer = model.config().tokenizer(folder);
      Prompt text = new Prompt(List.of(new Prompt.Text("Human: Tell me of owls.\nAI:")));
      EnginePrompt prompt =
          new EnginePrompt(model.config().encode(text, tokenizer), List.of(), List.of());
      int eos = model.config().language().eos();
      for (SamplingParams sampling : TEXTS) {
        Asked without = new Asked(plain, prompt, none, eos);
        Asked with = new Asked(speculating, prompt, none, eos);
        compare(folder, sampling, without, with);
      }
    }
  }

  private static void compare(Path folder, SamplingParams sampling, Asked plain, Asked speculating)
      throws Exception {
    List<Double> times = new ArrayList<>();
    List<Double> processors = new ArrayList<>();
    List<Double> speeds = new ArrayList<>();
    EngineCounts counts = speculating.engine.counts();
    long drafted = counts.draftTokens();
    long accepted = counts.acceptedTokens();
    for (int round = -WARM_UP; round < ROUNDS; round++) {
      SamplingParams seeded = sampling.withSeed(round);
      // In turn, and each of them first as often as the other.
      boolean plainFirst = round % 2 == 0;
      Cost first = (plainFirst ? plain : speculating).cost(seeded);
      Cost second = (plainFirst ? speculating : plain).cost(seeded);
      Cost without = plainFirst ? first : second;
      Cost with = plainFirst ? second : first;
      if (round >= 0) {
        speeds.add(TOKENS / without.seconds);
        times.add(without.seconds / with.seconds);
        processors.add(without.processor / with.processor);
      }
    }
    LOG.infof(
        "%s %s %s, %s: %.1f tokens/s without; with, %.2f times as fast (%s), %.2f times by"
            + " processor time (%s); %d of %d ids accepted",
        folder.getFileName(),
        setting("dtype", "auto"),
        setting("quantize", "none"),
        sampling,
        median(speeds),
        median(times),
        shown(times),
        median(processors),
        shown(processors),
        counts.acceptedTokens() - accepted,
        counts.draftTokens() - drafted);
    assertThat(median(processors)).isGreaterThan(0.75);
  }

  private static List<String> shown(List<Double> ratios) {
    return ratios.stream().map("%.2f"::formatted).toList();
  }

  private static ServingEngine engine(LanguageModel model, int speculativeTokens) {
    SchedulerConfig limits =
        new SchedulerConfig(4, 256, 0, 1024, 100, speculativeTokens, Long.MAX_VALUE);
    return new ServingEngine(model, limits, new HeldNames());
  }
}
