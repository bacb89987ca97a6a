// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.SamplingParams;
import io.owlmesh.llm.speculation.KnownStepTimes;
import io.owlmesh.model.checkpoint.AdapterFile;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.text.Prompt;
import io.owlmesh.model.text.PromptTokens;
import io.owlmesh.model.text.Tokenizer;
import io.owlmesh.runtime.EngineOptions;
import io.owlmesh.runtime.Precision;
import io.owlmesh.runtime.WeightLoader;
import io.owlmesh.runtime.language.CachedSequence;
import io.owlmesh.runtime.language.LanguageModel;
import io.owlmesh.runtime.language.LogitsProcessor;
import io.owlmesh.runtime.language.LoraAdapter;
import io.owlmesh.runtime.language.PromptEmbeddings;
import io.owlmesh.runtime.language.Sampler;
import io.owlmesh.runtime.language.SingleSequenceDecoder;
import io.owlmesh.stage.HeldNames;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServingEngineTest {
  private static final Path TINY = Path.of("../lib/model/src/test/resources/owl-tiny");
  private static final Path CHECKPOINT = TINY.resolve("checkpoints/safetensors");
  private static final long FOREVER = Long.MAX_VALUE;

  /** A prompt, what it is asked with, and the answer when it is alone. */
  private record Question(
      PromptTokens tokens,
      List<HostTensor> images,
      String adapter,
      LogitsProcessor rule,
      int maxTokens,
      List<Integer> ids) {}

  /** Leaves three ids: what they spell came before, so that guesses are right and wrong. */
  private static final LogitsProcessor FEW_WORDS =
      (logits, history) -> {
        Arrays.fill(logits, 0, 20, Float.NEGATIVE_INFINITY);
        Arrays.fill(logits, 23, logits.length, Float.NEGATIVE_INFINITY);
      };

  private static LanguageModel load() {
    return LanguageModel.load(
        Checkpoint.open(CHECKPOINT),
        new EngineOptions("cpu", Precision.FLOAT32, 1),
        Optional.empty(),
        WeightLoader.Progress.NONE);
  }

  private static HostTensor image(long seed, int rows, int width) {
    Random random = new Random(seed);
    float[] values = new float[rows * width];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return HostTensor.ofFloats(values, rows, width);
  }

  /** Questions that chunk beginnings and pictures, with the answers of a sequence of its own. */
  private static List<Question> questions(LanguageModel model, LoraAdapter none, LoraAdapter lora) {
    Tokenizer tokenizer = Tokenizer.open(CHECKPOINT);
    Random random = new Random(5);
    List<Question> questions = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      List<Prompt.Part> parts = new ArrayList<>();
      List<HostTensor> images = new ArrayList<>();
      parts.add(
          new Prompt.Text("The following is a conversation about owls and pictures of them."));
      for (int j = random.nextInt(3); j > 0; j--) {
        parts.add(new Prompt.Image());
        images.add(
            image(
                random.nextInt(3),
                model.config().visualTokens(),
                model.config().language().width()));
      }
      parts.add(new Prompt.Text("\nHuman: " + "why ".repeat(random.nextInt(30)) + "?\nAI:"));
      PromptTokens tokens = model.config().encode(new Prompt(parts), tokenizer);
      String adapter = random.nextInt(3) == 0 ? "peft" : "";
      LogitsProcessor rule = i % 2 == 0 ? LogitsProcessor.NONE : FEW_WORDS;
      int maxTokens = 1 + random.nextInt(40);
      List<Integer> ids = new ArrayList<>();
      int[] starts = tokens.imageStarts().stream().mapToInt(Integer::intValue).toArray();
      try (PromptEmbeddings inputs = PromptEmbeddings.of(model, tokens.ids(), starts, images);
          CachedSequence sequence =
              model.begin(tokens.length() + maxTokens, adapter.isEmpty() ? none : lora)) {
        SingleSequenceDecoder.run(
            sequence,
            inputs,
            new Sampler(SamplingParams.GREEDY, rule, 0),
            maxTokens,
            new SingleSequenceDecoder.Listener() {
              @Override
              public void check() {}

              @Override
              public void token(int id) {
                ids.add(id);
              }
            });
      }
      questions.add(new Question(tokens, images, adapter, rule, maxTokens, ids));
    }
    return questions;
  }

  private LanguageModel model;
  private LoraAdapter none;
  private LoraAdapter lora;
  private Tokenizer tokenizer;

  @BeforeEach
  void open() {
    model = load();
    none = model.none();
    lora = model.adapt(AdapterFile.open(TINY.resolve("adapters/peft")));
    tokenizer = Tokenizer.open(CHECKPOINT);
  }

  @AfterEach
  void close() {
    lora.close();
    none.close();
    model.close();
  }

  private static SchedulerConfig limits(int sequences, int maxBatchedTokens) {
    return new SchedulerConfig(sequences, maxBatchedTokens, 0, 4000, 100, 7, FOREVER);
  }

  private PromptTokens text(String text) {
    return model.config().encode(new Prompt(List.of(new Prompt.Text(text))), tokenizer);
  }

  private PromptTokens aboutAnImage(String before, String after) {
    List<Prompt.Part> parts =
        List.of(new Prompt.Text(before), new Prompt.Image(), new Prompt.Text(after));
    return model.config().encode(new Prompt(parts), tokenizer);
  }

  private HostTensor image(long seed) {
    return image(seed, model.config().visualTokens(), model.config().language().width());
  }

  /** An answer that does not end by itself. */
  private static TokenSampler never(int eos) {
    Sampler sampler = new Sampler(SamplingParams.GREEDY);
    return (result, segment, position, history) -> {
      int id = sampler.choose(result, segment, position, history);
      return id == eos ? 5 : id;
    };
  }

  private AskedAnswers ask(
      ServingEngine engine,
      PromptTokens tokens,
      LoraAdapter adapter,
      int maxTokens,
      int priority,
      HostTensor... images) {
    AskedAnswers answer = new AskedAnswers();
    ask(engine, tokens, adapter, maxTokens, priority, answer, images);
    return answer;
  }

  private void ask(
      ServingEngine engine,
      PromptTokens tokens,
      LoraAdapter adapter,
      int maxTokens,
      int priority,
      AskedAnswers answer,
      HostTensor... images) {
    engine.submit(
        new EngineRequest(
            new EnginePrompt(tokens, List.of(images), List.of()),
            List.of(),
            adapter,
            new DecodingStrategy.Samples(List.of(never(model.config().language().eos()))),
            maxTokens,
            priority,
            FOREVER,
            answer));
  }

  private static int blocks(int positions) {
    return positions / BlockManager.SIZE * BlockManager.SIZE;
  }

  @Test
  void aSecondTurnFindsWhatTheFirstComputed() throws Exception {
    String first = "Human: " + "tell me about owls ".repeat(5) + "\nAI: ";
    try (ServingEngine engine = new ServingEngine(model, limits(4, 64), new HeldNames())) {
      PromptTokens tokens = text(first);
      AskedAnswers one = ask(engine, tokens, none, 20, 0);
      assertThat(one.await().cachedPositions()).isZero();

      AskedAnswers again = ask(engine, tokens, none, 20, 0);
      AskedAnswers tuned = ask(engine, tokens, lora, 20, 0);
      AskedAnswers longer = ask(engine, text(first + "more"), none, 20, 0);

      // At least the last position is computed: its logits are wanted.
      assertThat(again.await().cachedPositions()).isEqualTo(blocks(tokens.length() - 1));
      assertThat(again.ids()).isEqualTo(one.ids());
      assertThat(tuned.await().cachedPositions()).isZero();
      assertThat(longer.await().cachedPositions()).isPositive();
    }
  }

  @Test
  void anotherPictureIsAnotherPrompt() throws Exception {
    String before = "The following is a conversation about a picture of some owl.";
    PromptTokens tokens = aboutAnImage(before, " What is that, and " + "why ".repeat(20));
    try (ServingEngine engine = new ServingEngine(model, limits(4, 64), new HeldNames())) {
      ask(engine, tokens, none, 4, 0, image(1)).await();

      AnswerStats same = ask(engine, tokens, none, 4, 0, image(1)).await();
      AnswerStats other = ask(engine, tokens, none, 4, 0, image(2)).await();

      assertThat(same.cachedPositions()).isEqualTo(blocks(tokens.length() - 1));
      assertThat(other.cachedPositions()).isEqualTo(blocks(tokens.imageStarts().getFirst()));
    }
  }

  @Test
  void aShortAnswerWaitsForTurnsAndNotForTheEndsOfLongOnes() throws Exception {
    int tokens = 4 * SequenceGroup.TURN;
    List<List<Integer>> alone = new ArrayList<>();
    List<PromptTokens> prompts = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      prompts.add(text("Human: say " + i));
    }
    try (ServingEngine engine = new ServingEngine(model, limits(2, 64), new HeldNames())) {
      for (PromptTokens prompt : prompts) {
        AskedAnswers one = ask(engine, prompt, none, tokens, 0);
        one.await();
        alone.add(one.ids());
      }
    }
    try (ServingEngine engine = new ServingEngine(model, limits(2, 64), new HeldNames())) {
      AtomicInteger ended = new AtomicInteger();
      List<AskedAnswers> longOnes = new ArrayList<>();
      for (PromptTokens prompt : prompts) {
        AskedAnswers one = ask(engine, prompt, none, tokens, 0);
        one.end.thenRun(ended::incrementAndGet);
        longOnes.add(one);
      }
      AskedAnswers quick = new AskedAnswers();
      AtomicInteger before = new AtomicInteger(-1);
      quick.onToken = () -> before.set(ended.get());
      ask(engine, text("Human: quick"), none, 3, 0, quick);

      quick.await();
      assertThat(before).hasValue(0);
      for (int i = 0; i < longOnes.size(); i++) {
        longOnes.get(i).await();
        assertThat(longOnes.get(i).ids()).isEqualTo(alone.get(i));
      }
    }
  }

  @Test
  void anAnswerWhoseLogitsAreNoNumbersFailsAlone(@TempDir Path folder) throws Exception {
    Path peft = TINY.resolve("adapters/peft");
    Files.copy(peft.resolve("adapter_config.json"), folder.resolve("adapter_config.json"));
    byte[] weights = Files.readAllBytes(peft.resolve("adapter_model.safetensors"));
    ByteBuffer bytes = ByteBuffer.wrap(weights).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 8 + (int) bytes.getLong(0); at < weights.length; at += Float.BYTES) {
      bytes.putFloat(at, 3e38f); // A number, but what it gives is none.
    }
    Files.write(folder.resolve("adapter_model.safetensors"), weights);
    PromptTokens prompt = text("Human: say");
    try (LoraAdapter broken = model.adapt(AdapterFile.open(folder));
        ServingEngine engine = new ServingEngine(model, limits(4, 64), new HeldNames())) {
      AskedAnswers alone = ask(engine, prompt, none, 40, 0);
      alone.await();

      AskedAnswers beside = ask(engine, prompt, none, 40, 0);
      AskedAnswers failing = ask(engine, prompt, broken, 40, 0);
      AskedAnswers after = ask(engine, prompt, lora, 40, 0);

      assertThatThrownBy(failing::await)
          .hasCauseInstanceOf(OwlException.class)
          .hasMessageContaining("adapter: the logits hold");
      beside.await();
      assertThat(beside.ids()).isEqualTo(alone.ids());
      after.await();
    }
  }

  @Test
  void aCancelledAnswerGivesItsBlocksBackWithinAStep() throws Exception {
    try (ServingEngine engine = new ServingEngine(model, limits(4, 64), new HeldNames())) {
      AskedAnswers answer = new AskedAnswers();
      answer.onToken = () -> answer.gone = answer.ids().size() == 3;
      ask(engine, text("Human: go on"), none, 500, 0, answer);

      assertThatThrownBy(answer::await).hasMessageContaining("went away");
      assertThat(answer.ids()).hasSize(3);
      ask(engine, text("x"), none, 1, 0).await();
      engine.execute(() -> null).get();
      assertThat(engine.counts().blocksHeld()).isZero();
    }
  }

  @Test
  void aReaderThatTakesNothingPausesItsOwnAnswerAlone() throws Exception {
    try (ServingEngine engine = new ServingEngine(model, limits(4, 64), new HeldNames())) {
      AskedAnswers slow = new AskedAnswers();
      slow.onToken = () -> slow.ready = slow.ids().size() != 2;
      ask(engine, text("Human: a"), none, 10, 0, slow);

      AskedAnswers other = ask(engine, text("Human: b"), none, 200, 0);
      other.await();
      assertThat(slow.ids()).hasSizeLessThanOrEqualTo(3);

      slow.ready = true;
      slow.await();
      assertThat(slow.ids()).hasSize(10);
    }
  }

  @Test
  void aReaderThatTakesNothingForTooLongLosesItsAnswer() {
    SchedulerConfig impatient =
        new SchedulerConfig(4, 64, 0, 4000, 100, 7, TimeUnit.MILLISECONDS.toNanos(20));
    try (ServingEngine engine = new ServingEngine(model, impatient, new HeldNames())) {
      AskedAnswers slow = new AskedAnswers();
      slow.onToken = () -> slow.ready = false;
      ask(engine, text("Human: a"), none, 10, 0, slow);

      assertThatThrownBy(slow::await).hasMessageContaining("took nothing for too long");
    }
  }

  @Test
  void aLongPromptIsReadBetweenTheTokensOfOthers() throws Exception {
    try (ServingEngine engine = new ServingEngine(model, limits(4, 32), new HeldNames())) {
      AskedAnswers writing = new AskedAnswers();
      ask(engine, text("Human: a"), none, 400, 0, writing);
      AskedAnswers reading = new AskedAnswers();
      AtomicInteger between = new AtomicInteger();
      writing.onToken =
          () -> between.addAndGet(reading.began.isDone() && reading.ids().isEmpty() ? 1 : 0);
      PromptTokens longOne = text("word ".repeat(200));

      ask(engine, longOne, none, 1, 0, reading);
      reading.await();
      writing.await();

      // A piece is what a step has left beside the other's token.
      assertThat(between.get()).isGreaterThanOrEqualTo(longOne.length() / 32);
    }
  }

  @Test
  void largerPrioritiesComeFirstAndEqualOnesInOrder() throws Exception {
    List<String> order = Collections.synchronizedList(new ArrayList<>());
    try (ServingEngine engine = new ServingEngine(model, limits(1, 64), new HeldNames())) {
      AskedAnswers first = ask(engine, text("Human: 0"), none, 200, 0);
      first.began.get(60, TimeUnit.SECONDS);
      List<AskedAnswers> others = new ArrayList<>();
      for (String name : List.of("low", "low again", "high")) {
        AskedAnswers answer = new AskedAnswers();
        answer.onToken = () -> order.add(name);
        others.add(answer);
        ask(engine, text("Human: " + name), none, 1, name.equals("high") ? 1 : 0, answer);
      }
      for (AskedAnswers answer : others) {
        answer.await();
      }
    }

    assertThat(order).containsExactly("high", "low", "low again");
  }

  @Test
  void drainingFinishesWhatRunsAndRefusesWhatIsNew() throws Exception {
    try (ServingEngine engine = new ServingEngine(model, limits(4, 64), new HeldNames())) {
      AskedAnswers running = ask(engine, text("Human: a"), none, 100, 0);
      running.began.get(60, TimeUnit.SECONDS);

      engine.drain(TimeUnit.SECONDS.toNanos(60));

      assertThat(running.end).isCompleted();
      assertThatThrownBy(() -> ask(engine, text("b"), none, 1, 0))
          .hasMessageContaining("is stopping");
    }
  }

  @Test
  void whatCanNeverFitIsRefusedWithBothLengths() {
    try (ServingEngine engine =
        new ServingEngine(
            model, new SchedulerConfig(4, 64, 0, 64, 100, 7, FOREVER), new HeldNames())) {
      assertThatThrownBy(() -> ask(engine, text("a"), none, 100, 0))
          .hasMessageContaining("the cache has 64");
    }
  }

  @Test
  void anAnswerThatFailsTakesNoOtherWithIt() throws Exception {
    try (ServingEngine engine = new ServingEngine(model, limits(4, 64), new HeldNames())) {
      AskedAnswers good = ask(engine, text("Human: a"), none, 50, 0);
      AskedAnswers bad = new AskedAnswers();
      bad.onToken =
          () -> {
            throw new IllegalStateException("a broken pipe");
          };
      ask(engine, text("Human: b"), none, 50, 0, bad);

      assertThatThrownBy(bad::await).hasMessageContaining("a broken pipe");
      good.await();
      assertThat(good.ids()).hasSize(50);
    }
  }

  @Test
  void answersAreTheSameAloneAndInAnyCompany() throws Exception {
    List<Question> questions = questions(model, none, lora);
    int longest =
        questions.stream().mapToInt(q -> q.tokens().length() + q.maxTokens()).max().orElseThrow();
    Random random = new Random(7);
    long preemptions = 0;
    long found = 0;
    long evictions = 0;
    long drafted = 0;
    long accepted = 0;
    for (int mix = 0; mix < 200; mix++) {
      SchedulerConfig limits =
          new SchedulerConfig(
              1 + random.nextInt(8),
              1 + random.nextInt(90),
              random.nextInt(3),
              random.nextBoolean() ? longest + random.nextInt(200) : 4000,
              100,
              random.nextInt(8),
              FOREVER);
      try (ServingEngine engine =
          new ServingEngine(model, limits, new HeldNames(), KnownStepTimes.CHEAP)) {
        List<Question> asked = new ArrayList<>();
        List<AskedAnswers> answers = new ArrayList<>();
        for (int i = 1 + random.nextInt(10); i > 0; i--) {
          Question question = questions.get(random.nextInt(questions.size()));
          AskedAnswers answer = new AskedAnswers();
          asked.add(question);
          answers.add(answer);
          engine.submit(
              new EngineRequest(
                  new EnginePrompt(question.tokens(), question.images(), List.of()),
                  List.of(),
                  question.adapter().isEmpty() ? none : lora,
                  new DecodingStrategy.Samples(
                      List.of(new Sampler(SamplingParams.GREEDY, question.rule(), 0)::choose)),
                  question.maxTokens(),
                  random.nextInt(2),
                  FOREVER,
                  answer));
        }
        for (int i = 0; i < asked.size(); i++) {
          answers.get(i).await();
          assertThat(answers.get(i).ids()).as("mix " + mix).isEqualTo(asked.get(i).ids());
        }
        EngineCounts counts = engine.counts();
        preemptions += counts.preemptions();
        found += counts.promptPositions() - counts.computedPromptPositions();
        evictions += counts.evictions();
        engine.execute(() -> null).get();
        drafted += counts.draftTokens();
        accepted += counts.acceptedTokens();
      }
    }
    assertThat(preemptions).isPositive();
    assertThat(found).isPositive();
    assertThat(evictions).isPositive();
    assertThat(accepted).isPositive().isLessThan(drafted);
  }
}
