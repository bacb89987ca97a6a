// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.core.Fault;
import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.SamplingParams;
import io.owlmesh.model.checkpoint.AdapterFile;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.text.Prompt;
import io.owlmesh.model.text.Tokenizer;
import io.owlmesh.runtime.EngineOptions;
import io.owlmesh.runtime.Precision;
import io.owlmesh.runtime.WeightLoader;
import io.owlmesh.runtime.language.LanguageModel;
import io.owlmesh.runtime.language.LogitsProcessor;
import io.owlmesh.runtime.language.LoraAdapter;
import io.owlmesh.runtime.language.Sampler;
import io.owlmesh.stage.HeldNames;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Random arrivals, faster than they can be served, with everything that callers do at once. {@code
 * -Dowl.soak.seconds=600} makes it long.
 */
class SoakTest {
  private static final Path TINY = Path.of("../lib/model/src/test/resources/owl-tiny");
  private static final Path CHECKPOINT = TINY.resolve("checkpoints/safetensors");
  private static final SchedulerConfig LIMITS =
      new SchedulerConfig(8, 64, 2, 400, 24, 7, TimeUnit.MILLISECONDS.toNanos(200));

  private final Random random = new Random(11);
  private static final int REMEMBERED = 500;

  private final Deque<Asked> asked = new ArrayDeque<>();
  private int accepted;
  private int refused;

  /** A request and what its caller does. */
  private record Asked(AskedAnswers answers, int count, boolean leaves, boolean slow) {}

  private static long residentKib() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }

  private EngineRequest request(
      LanguageModel model, Tokenizer tokenizer, List<LoraAdapter> adapters) {
    List<Prompt.Part> parts = new ArrayList<>();
    List<HostTensor> images = new ArrayList<>();
    parts.add(new Prompt.Text("The following is a conversation about owls."));
    if (random.nextInt(3) == 0) {
      parts.add(new Prompt.Image());
      float[] values = new float[model.config().visualTokens() * model.config().language().width()];
      java.util.Arrays.fill(values, random.nextInt(4));
      images.add(
          HostTensor.ofFloats(
              values, model.config().visualTokens(), model.config().language().width()));
    }
    parts.add(new Prompt.Text("\nHuman: " + "why ".repeat(random.nextInt(40)) + "?\nAI:"));
    DecodingStrategy strategy =
        switch (random.nextInt(4)) {
          case 0 -> new DecodingStrategy.Beams(3, 2, 1, random.nextBoolean(), LogitsProcessor.NONE);
          case 1 -> samples(3);
          default -> samples(1);
        };
    AskedAnswers answers = new AskedAnswers();
    boolean leaves = random.nextInt(6) == 0;
    boolean slow = !leaves && random.nextInt(12) == 0;
    int after = random.nextInt(20);
    answers.onToken =
        () -> {
          boolean now = answers.ids().size() > after;
          answers.gone |= leaves && now;
          answers.ready &= !(slow && now);
        };
    answers.gone = leaves && random.nextInt(3) == 0;
    asked.add(new Asked(answers, strategy.answers(), leaves, slow));
    long deadline =
        random.nextInt(20) == 0
            ? System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(random.nextInt(50))
            : Long.MAX_VALUE;
    return new EngineRequest(
        new EnginePrompt(model.config().encode(new Prompt(parts), tokenizer), images, List.of()),
        List.of(),
        adapters.get(random.nextInt(adapters.size())),
        strategy,
        1 + random.nextInt(60),
        random.nextInt(3),
        deadline,
        answers);
  }

  private DecodingStrategy.Samples samples(int count) {
    return new DecodingStrategy.Samples(
        IntStream.range(0, count)
            .<TokenSampler>mapToObj(i ->
                new Sampler(new SamplingParams(random.nextInt(2), 0, 1, random.nextLong()))::choose)
            .toList());
  }

  @Test
  void underMoreThanItCanServeItKeepsItsPromisesAndItsMemory() throws Exception {
    long seconds = Long.getLong("owl.soak.seconds", 12);
    long before = 0;
    try (LanguageModel model =
            LanguageModel.load(
                Checkpoint.open(CHECKPOINT),
                new EngineOptions("cpu", Precision.FLOAT32, 1),
                Optional.empty(),
                WeightLoader.Progress.NONE);
        LoraAdapter none = model.none();
        LoraAdapter lora = model.adapt(AdapterFile.open(TINY.resolve("adapters/peft")));
        ServingEngine engine = new ServingEngine(model, LIMITS, new HeldNames())) {
      Tokenizer tokenizer = Tokenizer.open(CHECKPOINT);
      long begin = System.nanoTime();
      long end = begin + TimeUnit.SECONDS.toNanos(seconds);
      while (System.nanoTime() < end) {
        submit(engine, request(model, tokenizer, List.of(none, lora)));
        // A full queue is what more than it can serve looks like; a short pause lets it move.
        TimeUnit.MICROSECONDS.sleep(random.nextInt(2000));
        // They ended long ago: far fewer are in work at a time.
        while (asked.size() > REMEMBERED) {
          check(asked.remove());
        }
        if (before == 0 && System.nanoTime() > begin + (end - begin) / 2) {
          before = residentKib();
        }
      }
      while (!asked.isEmpty()) {
        check(asked.remove());
      }
      engine.execute(() -> null).get();
      assertThat(engine.counts().blocksHeld()).isZero();
      assertThat(engine.counts().running()).isZero();
      assertThat(engine.counts().waiting()).isZero();
      assertThat(engine.counts().preemptions()).isPositive();
    }
    assertThat(refused).as("refused").isPositive();
    assertThat(accepted).as("accepted").isGreaterThan(20);
    assertThat(residentKib() - before).as("growth of memory, KiB").isLessThan(131_072);
  }

  private void submit(ServingEngine engine, EngineRequest request) {
    try {
      engine.submit(request);
      accepted++;
    } catch (OwlException e) {
      assertThat(e.fault()).isEqualTo(Fault.SATURATED);
      refused++;
      asked.removeLast();
    }
  }

  private static void check(Asked one) throws Exception {
    try {
      one.answers().end.get(60, TimeUnit.SECONDS);
      assertThat(one.answers().stats()).hasSize(one.count());
      for (int i = 0; i < one.count(); i++) {
        assertThat(one.answers().ids(i)).isNotEmpty();
      }
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof OwlException promised)) {
        throw e;
      }
      Fault fault = promised.fault();
      switch (fault) {
        case CANCELLED -> assertThat(one.leaves()).isTrue();
        case SATURATED -> assertThat(one.slow()).isTrue();
        case TOO_LATE -> {}
        default -> throw e;
      }
    }
  }
}
