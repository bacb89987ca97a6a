// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.core.HostTensor;
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
import io.owlmesh.runtime.language.LanguageModel;
import io.owlmesh.runtime.language.LogitsProcessor;
import io.owlmesh.runtime.language.LoraAdapter;
import io.owlmesh.runtime.language.Sampler;
import io.owlmesh.stage.HeldNames;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Proposed ids make answers faster or slower, and nothing else of them different. */
class SpeculativeDecodingTest {
  private static final Path RESOURCES = Path.of("../lib/model/src/test/resources");
  private static final String LLAMA = "owl-tiny/checkpoints/safetensors";
  private static final String GROUPED = "owl-grouped/checkpoints/safetensors";
  private static final String BLOOM = "owl-bloom-tiny/checkpoints/bin-bf16";
  private static final int TOKENS = 90;

  /** A model and its tokenizer. */
  private record Loaded(LanguageModel model, Tokenizer tokenizer, LoraAdapter none)
      implements AutoCloseable {
    static Loaded of(String checkpoint) {
      Path folder = RESOURCES.resolve(checkpoint);
      LanguageModel model =
          LanguageModel.load(
              Checkpoint.open(folder),
              new EngineOptions("cpu", Precision.FLOAT32, 1),
              Optional.empty(),
              WeightLoader.Progress.NONE);
      return new Loaded(model, model.config().tokenizer(folder), model.none());
    }

    ServingEngine engine(int speculativeTokens, int positions) {
      SchedulerConfig limits =
          new SchedulerConfig(4, 64, 0, positions, 100, speculativeTokens, Long.MAX_VALUE);
      return new ServingEngine(model, limits, new HeldNames(), KnownStepTimes.CHEAP);
    }

    PromptTokens text(String text) {
      return model.config().encode(new Prompt(List.of(new Prompt.Text(text))), tokenizer);
    }

    EnginePrompt aboutAnImage() {
      int rows = model.config().visualTokens();
      int width = model.config().language().width();
      Random random = new Random(3);
      float[] values = new float[rows * width];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) random.nextGaussian();
      }
      List<Prompt.Part> parts =
          List.of(new Prompt.Text("Owls. "), new Prompt.Image(), new Prompt.Text(" Owls. Owls"));
      return new EnginePrompt(
          model.config().encode(new Prompt(parts), tokenizer),
          List.of(HostTensor.ofFloats(values, rows, width)),
          List.of());
    }

    @Override
    public void close() {
      none.close();
      model.close();
    }
  }

  private static EngineRequest request(
      EnginePrompt prompt,
      List<Integer> resumed,
      LoraAdapter adapter,
      TokenSampler sampler,
      int maxTokens,
      TokenListener listener) {
    return new EngineRequest(
        prompt,
        resumed,
        adapter,
        new DecodingStrategy.Samples(List.of(sampler)),
        maxTokens,
        0,
        Long.MAX_VALUE,
        listener);
  }

  private static EnginePrompt prompt(PromptTokens tokens) {
    return new EnginePrompt(tokens, List.of(), List.of());
  }

  private static List<Integer> ask(ServingEngine engine, EngineRequest request, AskedAnswers answer)
      throws Exception {
    engine.submit(request);
    answer.await();
    return List.copyOf(answer.ids());
  }

  private static List<Integer> ask(
      ServingEngine engine, Loaded loaded, EnginePrompt prompt, SamplingParams sampling, int tokens)
      throws Exception {
    return ask(engine, loaded, prompt, new Sampler(sampling)::choose, tokens);
  }

  private static List<Integer> ask(
      ServingEngine engine, Loaded loaded, EnginePrompt prompt, TokenSampler sampler, int tokens)
      throws Exception {
    AskedAnswers answer = new AskedAnswers();
    return ask(engine, request(prompt, List.of(), loaded.none, sampler, tokens, answer), answer);
  }

  /** The likeliest of three ids: much of what they spell came before, and some of it goes on so. */
  private static TokenSampler fewWords() {
    LogitsProcessor rule =
        (logits, history) -> {
          Arrays.fill(logits, 0, 20, Float.NEGATIVE_INFINITY);
          Arrays.fill(logits, 23, logits.length, Float.NEGATIVE_INFINITY);
        };
    return new Sampler(SamplingParams.GREEDY, rule, 0)::choose;
  }

  /** Of each way of choosing, one. */
  private static List<SamplingParams> waysOfChoosing() {
    SamplingParams greedy = SamplingParams.GREEDY;
    return List.of(
        greedy,
        new SamplingParams(0.3, 0, 1, 1),
        new SamplingParams(1, 3, 0.9, 2),
        // Depend on the order of what came before.
        new SamplingParams(0, 0, 1, 0, 1.02, 0.1, 0.05, 0, 0),
        new SamplingParams(0, 0, 1, 0, 1, 0, 0, 6, 0));
  }

  @ParameterizedTest
  @ValueSource(strings = {LLAMA, GROUPED, BLOOM})
  void answersAreThoseOfTheEngineThatComputesOneIdAtATime(String checkpoint) throws Exception {
    try (Loaded loaded = Loaded.of(checkpoint);
        ServingEngine plain = loaded.engine(0, 1000);
        ServingEngine speculating = loaded.engine(7, 1000)) {
      List<EnginePrompt> prompts =
          List.of(
              prompt(loaded.text("Human: say owl owl owl owl owl owl\nAI: owl owl")),
              prompt(loaded.text("A B C D A B C D A B")),
              loaded.aboutAnImage());
      for (EnginePrompt prompt : prompts) {
        for (SamplingParams sampling : waysOfChoosing()) {
          for (int tokens : new int[] {1, 2, 3, 17, TOKENS}) {
            List<Integer> expected = ask(plain, loaded, prompt, sampling, tokens);
            assertThat(ask(speculating, loaded, prompt, sampling, tokens))
                .as("%s, %d tokens", sampling, tokens)
                .isEqualTo(expected);
          }
        }
      }
      speculating.execute(() -> null).get();
      EngineCounts counts = speculating.counts();
      assertThat(plain.counts().draftTokens()).isZero();
      assertThat(counts.acceptedTokens()).isPositive().isLessThan(counts.draftTokens());
      assertThat(counts.steps()).isLessThan(plain.counts().steps());
      assertThat(counts.blocksHeld()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {LLAMA, BLOOM})
  void whatWasProposedWronglyIsNotFoundByLaterPrompts(String checkpoint) throws Exception {
    try (Loaded loaded = Loaded.of(checkpoint)) {
      for (SamplingParams sampling : waysOfChoosing()) {
        try (ServingEngine plain = loaded.engine(0, 1000);
            ServingEngine speculating = loaded.engine(7, 1000)) {
          EnginePrompt prompt =
              prompt(loaded.text("Human: say owl owl owl owl owl owl\nAI: owl owl"));
          List<Integer> begun = ask(speculating, loaded, prompt, sampling, TOKENS);
          ask(plain, loaded, prompt, sampling, TOKENS);

          assertThat(goOn(speculating, loaded, prompt, begun))
              .isEqualTo(goOn(plain, loaded, prompt, begun));
        }
      }
    }
  }

  /** What 20 more tokens are, and how many positions that took which were not only proposed. */
  private static List<Integer> goOn(
      ServingEngine engine, Loaded loaded, EnginePrompt prompt, List<Integer> begun)
      throws Exception {
    long before = engine.execute(() -> known(engine.counts())).get();
    AskedAnswers answer = new AskedAnswers();
    TokenSampler greedy = new Sampler(SamplingParams.GREEDY)::choose;
    List<Integer> found = new ArrayList<>();
    found.addAll(
        ask(
            engine,
            request(prompt, begun, loaded.none, greedy, begun.size() + 20, answer),
            answer));
    int positions = (int) (engine.execute(() -> known(engine.counts())).get() - before);
    assertThat(positions).isLessThan(prompt.length() + found.size());
    found.add(positions);
    return found;
  }

  private static long known(EngineCounts counts) {
    return counts.positions() - counts.draftTokens() + counts.acceptedTokens();
  }

  @ParameterizedTest
  @ValueSource(strings = {LLAMA})
  void itEndsWhereItsReaderEndsItAndGoesOnElsewhere(String checkpoint) throws Exception {
    try (Loaded loaded = Loaded.of(checkpoint);
        ServingEngine plain = loaded.engine(0, 1000);
        ServingEngine speculating = loaded.engine(7, 1000)) {
      EnginePrompt prompt = prompt(loaded.text("A B C D A B C D A B"));
      List<Integer> whole = ask(plain, loaded, prompt, fewWords(), TOKENS);
      for (int end = 1; end < whole.size(); end += 2) {
        int last = end;
        AskedAnswers stopped = new AskedAnswers();
        // As a stop does.
        TokenListener stop =
            new TokenListener() {
              @Override
              public boolean token(int answer, int id) {
                return stopped.token(answer, id) && stopped.ids().size() < last;
              }

              @Override
              public void ended(int answer, AnswerStats stats) {
                stopped.ended(answer, stats);
              }

              @Override
              public void finished() {
                stopped.finished();
              }

              @Override
              public void failed(RuntimeException why) {
                stopped.failed(why);
              }
            };
        TokenSampler words = fewWords();

        ask(speculating, request(prompt, List.of(), loaded.none, words, TOKENS, stop), stopped);

        assertThat(stopped.ids()).isEqualTo(whole.subList(0, end));
        assertThat(stopped.await().tokens()).isEqualTo(end);
        assertThat(stopped.await().stopped()).isTrue();
        AskedAnswers rest = new AskedAnswers();
        ask(
            speculating,
            request(prompt, whole.subList(0, end), loaded.none, words, TOKENS, rest),
            rest);
        assertThat(rest.ids()).isEqualTo(whole.subList(end, whole.size()));
      }
      speculating.execute(() -> null).get();
      assertThat(speculating.counts().acceptedTokens()).isPositive();
      assertThat(speculating.counts().blocksHeld()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {LLAMA, BLOOM})
  void aReaderThatLeavesOrPausesIsSentNothingMore(String checkpoint) throws Exception {
    try (Loaded loaded = Loaded.of(checkpoint);
        ServingEngine engine = loaded.engine(7, 1000)) {
      EnginePrompt prompt = prompt(loaded.text("A B C D A B C D A B"));
      TokenSampler words = fewWords();
      List<Integer> whole = ask(engine, loaded, prompt, fewWords(), TOKENS);
      for (int after = 1; after < whole.size(); after += 3) {
        int last = after;
        AskedAnswers leaving = new AskedAnswers();
        leaving.onToken = () -> leaving.gone = leaving.ids().size() == last;
        engine.submit(request(prompt, List.of(), loaded.none, words, TOKENS, leaving));
        assertThatThrownBy(leaving::await).hasMessageContaining("went away");
        assertThat(leaving.ids()).isEqualTo(whole.subList(0, after));

        AskedAnswers pausing = new AskedAnswers();
        pausing.onToken = () -> pausing.ready = pausing.ids().size() != last;
        engine.submit(request(prompt, List.of(), loaded.none, words, TOKENS, pausing));
        while (pausing.ids().size() < last && !pausing.end.isDone()) {
          Thread.onSpinWait();
        }
        engine.execute(() -> null).get();
        assertThat(pausing.ids()).hasSize(last);
        pausing.ready = true;
        pausing.await();
        assertThat(pausing.ids()).isEqualTo(whole);
      }
      engine.execute(() -> null).get();
      assertThat(engine.counts().acceptedTokens()).isPositive();
      assertThat(engine.counts().blocksHeld()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {LLAMA})
  void anAdaptersAnswersAndThoseOfACacheThatIsFullAreTheSameToo(String checkpoint)
      throws Exception {
    try (Loaded loaded = Loaded.of(checkpoint);
        LoraAdapter lora =
            loaded.model.adapt(AdapterFile.open(RESOURCES.resolve("owl-tiny/adapters/peft")))) {
      PromptTokens tokens = loaded.text("A B C D A B C D A B");
      int room = BlockManager.SIZE * Math.ceilDiv(tokens.length() + TOKENS, BlockManager.SIZE);
      TokenSampler words = fewWords();
      List<List<Integer>> answers = new ArrayList<>();
      for (int most : new int[] {0, 7}) {
        try (ServingEngine engine = loaded.engine(most, room)) {
          for (LoraAdapter adapter : List.of(lora, loaded.none)) {
            AskedAnswers answer = new AskedAnswers();
            answers.add(
                ask(
                    engine,
                    request(prompt(tokens), List.of(), adapter, words, TOKENS, answer),
                    answer));
          }
          engine.execute(() -> null).get();
          assertThat(engine.counts().acceptedTokens() > 0).isEqualTo(most > 0);
        }
      }
      assertThat(answers.subList(2, 4)).isEqualTo(answers.subList(0, 2));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {LLAMA})
  void besideOthersAndInBeamsNothingIsProposed(String checkpoint) throws Exception {
    try (Loaded loaded = Loaded.of(checkpoint);
        ServingEngine engine = loaded.engine(7, 1000)) {
      EnginePrompt prompt = prompt(loaded.text("A B C D A B C D A B"));
      AskedAnswers beams = new AskedAnswers();
      AskedAnswers pair = new AskedAnswers();
      TokenSampler words = fewWords();
      engine.submit(
          new EngineRequest(
              prompt,
              List.of(),
              loaded.none,
              new DecodingStrategy.Beams(1, 1, 1, false, LogitsProcessor.NONE),
              TOKENS,
              0,
              Long.MAX_VALUE,
              beams));
      beams.await();
      engine.submit(
          new EngineRequest(
              prompt,
              List.of(),
              loaded.none,
              new DecodingStrategy.Samples(List.of(words, words)),
              TOKENS,
              0,
              Long.MAX_VALUE,
              pair));
      pair.await();
      engine.execute(() -> null).get();

      assertThat(pair.ids(0)).isEqualTo(pair.ids(1));
      assertThat(engine.counts().draftTokens()).isZero();
    }
  }
}
