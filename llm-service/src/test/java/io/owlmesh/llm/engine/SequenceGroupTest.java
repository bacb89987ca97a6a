// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.owlmesh.core.SamplingParams;
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
import io.owlmesh.runtime.language.Scoring;
import io.owlmesh.stage.HeldNames;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SequenceGroupTest {
  private static final Path CHECKPOINT =
      Path.of("../lib/model/src/test/resources/owl-tiny/checkpoints/safetensors");

  private LanguageModel model;
  private LoraAdapter none;
  private Tokenizer tokenizer;

  @BeforeEach
  void open() {
    model =
        LanguageModel.load(
            Checkpoint.open(CHECKPOINT),
            new EngineOptions("cpu", Precision.FLOAT32, 1),
            Optional.empty(),
            WeightLoader.Progress.NONE);
    none = model.none();
    tokenizer = Tokenizer.open(CHECKPOINT);
  }

  @AfterEach
  void close() {
    none.close();
    model.close();
  }

  private PromptTokens text(String text) {
    return model.config().encode(new Prompt(List.of(new Prompt.Text(text))), tokenizer);
  }

  private AskedAnswers ask(
      ServingEngine engine, PromptTokens prompt, int maxTokens, DecodingStrategy strategy) {
    AskedAnswers answers = new AskedAnswers();
    engine.submit(
        new EngineRequest(
            new EnginePrompt(prompt, List.of(), List.of()),
            List.of(),
            none,
            strategy,
            maxTokens,
            0,
            Long.MAX_VALUE,
            answers));
    return answers;
  }

  private static DecodingStrategy.Samples sampled(int answers, long seed) {
    return new DecodingStrategy.Samples(
        IntStream.range(0, answers)
            .<TokenSampler>mapToObj(i -> new Sampler(new SamplingParams(1, 0, 1, seed + i))::choose)
            .toList());
  }

  private static SchedulerConfig limits(int positions) {
    return new SchedulerConfig(8, 64, 0, positions, 100, 7, Long.MAX_VALUE);
  }

  @Test
  void severalAnswersShareThePromptAndAreWhatEachIsAlone() throws Exception {
    PromptTokens prompt = text("Human: tell me something about owls that few people know\nAI: ");
    List<List<Integer>> alone = new ArrayList<>();
    try (ServingEngine engine = new ServingEngine(model, limits(4000), new HeldNames())) {
      for (int i = 0; i < 5; i++) {
        AskedAnswers one = ask(engine, prompt, 30, sampled(1, 40 + i));
        one.await();
        alone.add(one.ids());
      }
    }
    try (ServingEngine engine = new ServingEngine(model, limits(4000), new HeldNames())) {
      AskedAnswers together = ask(engine, prompt, 30, sampled(5, 40));
      together.await();

      assertThat(together.stats()).hasSize(5);
      for (int i = 0; i < 5; i++) {
        assertThat(together.ids(i)).as("answer " + i).isEqualTo(alone.get(i));
      }
      // The prompt once, and each answer's tokens but the last.
      int tokens = together.stats().stream().mapToInt(AnswerStats::tokens).sum();
      engine.execute(() -> null).get();
      assertThat(engine.counts().positions()).isEqualTo(prompt.length() + tokens - 5);
      assertThat(engine.counts().blocksHeld()).isZero();
    }
    assertThat(alone.stream().distinct()).hasSizeGreaterThan(1);
  }

  @ParameterizedTest
  @CsvSource({"2, 1, 1.0, false", "4, 4, 0.0, false", "3, 2, 2.0, true", "8, 3, -1.0, true"})
  void beamSearchFindsWhatSearchingWithoutACacheFinds(
      int beams, int answers, double lengthPenalty, boolean early) throws Exception {
    DecodingStrategy.Beams options =
        new DecodingStrategy.Beams(beams, answers, lengthPenalty, early, ending());
    for (String text : List.of("Human: hi\nAI: ", "a", "The owl and the pussycat went to sea")) {
      PromptTokens prompt = text(text);
      List<Beam> expected = search(prompt, options, 20);
      try (ServingEngine engine = new ServingEngine(model, limits(4000), new HeldNames())) {
        AskedAnswers found = ask(engine, prompt, 20, options);
        found.await();

        assertThat(found.stats()).hasSize(answers);
        for (int i = 0; i < answers; i++) {
          assertThat(found.ids(i)).isEqualTo(expected.get(i).ids);
          assertThat(found.stats().get(i).score().orElseThrow())
              .isCloseTo(expected.get(i).score, within(1e-4));
        }
        engine.execute(() -> null).get();
        assertThat(engine.counts().blocksHeld()).isZero();
      }
    }
  }

  @Test
  void answersAreTheSameWhereTheCacheIsTooSmallForThemTogether() throws Exception {
    PromptTokens prompt = text("Human: tell me about owls\nAI: ");
    DecodingStrategy.Beams beams = new DecodingStrategy.Beams(6, 2, 1, false, LogitsProcessor.NONE);
    int room = prompt.length() + 40 + 2 * BlockManager.SIZE;
    Random random = new Random(3);
    long preemptions = 0;
    List<Beam> expected = search(prompt, beams, 40);
    for (int i = 0; i < 10; i++) {
      try (ServingEngine engine =
          new ServingEngine(model, limits(room + random.nextInt(64)), new HeldNames())) {
        AskedAnswers sampled = ask(engine, prompt, 40, sampled(7, 3));
        AskedAnswers searched = ask(engine, prompt, 40, beams);
        AskedAnswers single = ask(engine, prompt, 40, sampled(1, 5));
        sampled.await();
        searched.await();
        single.await();

        assertThat(searched.ids(0)).isEqualTo(expected.get(0).ids);
        assertThat(searched.ids(1)).isEqualTo(expected.get(1).ids);
        assertThat(single.ids()).isEqualTo(sampled.ids(2));
        preemptions += engine.counts().preemptions();
      }
    }
    assertThat(preemptions).isPositive();
  }

  @Test
  void moreSequencesThanAreWrittenAtATimeAreRefused() {
    try (ServingEngine engine = new ServingEngine(model, limits(4000), new HeldNames())) {
      assertThatThrownBy(() -> ask(engine, text("a"), 1, sampled(9, 1)))
          .hasMessage("n: 9, but 8 sequences are written at a time");
    }
  }

  /** Makes the end of the sequence likely after a while, which the tiny model never does itself. */
  private LogitsProcessor ending() {
    int eos = model.config().language().eos();
    return (scores, history) -> {
      int length = history.length() - history.promptLength();
      int last = history.id(history.length() - 1);
      scores[eos] = (last * 31 + length * 7) % 5 == 0 ? -0.5f - 0.1f * (last % 7) : -20;
    };
  }

  /** A way to go on. */
  private record Beam(List<Integer> ids, double sum, double score) {}

  /** Ids of a prompt and of what follows it. */
  private record Past(PromptTokens prompt, List<Integer> ids)
      implements io.owlmesh.runtime.language.TokenHistory {
    @Override
    public int length() {
      return prompt.length() + ids.size();
    }

    @Override
    public int promptLength() {
      return prompt.length();
    }

    @Override
    public int id(int position) {
      return position < prompt.length()
          ? prompt.ids()[position]
          : ids.get(position - prompt.length());
    }
  }

  /** Beam search that computes every beam from its beginning; the best first. */
  private List<Beam> search(PromptTokens prompt, DecodingStrategy.Beams options, int maxTokens) {
    int eos = model.config().language().eos();
    List<Beam> going = List.of(new Beam(List.of(), 0, 0));
    List<Beam> ended = new ArrayList<>();
    for (int length = 1; length <= maxTokens; length++) {
      List<Beam> next = new ArrayList<>();
      for (Beam beam : going) {
        float[] scores = logProbabilities(prompt, beam.ids);
        options.rule().apply(scores, new Past(prompt, beam.ids));
        for (int id = 0; id < scores.length; id++) {
          List<Integer> ids = new ArrayList<>(beam.ids);
          ids.add(id);
          next.add(new Beam(ids, beam.sum + scores[id], 0));
        }
      }
      next.sort(Comparator.comparingDouble(beam -> -beam.sum));
      double best = next.getFirst().sum;
      going = new ArrayList<>();
      for (int rank = 0; going.size() < options.beams(); rank++) {
        Beam beam = next.get(rank);
        if (beam.ids.getLast() != eos) {
          going.add(beam);
        } else if (rank < options.beams()) {
          ended.add(ranked(beam, Math.max(length - 1, 1), options));
        }
      }
      ended.sort(Comparator.comparingDouble(beam -> -beam.score));
      ended = new ArrayList<>(ended.subList(0, Math.min(options.beams(), ended.size())));
      if (ended.size() == options.beams()
          && (options.early()
              || ended.getLast().score >= best / Math.pow(length, options.lengthPenalty()))) {
        return ended;
      }
    }
    for (Beam beam : going) {
      ended.add(ranked(beam, maxTokens, options));
    }
    ended.sort(Comparator.comparingDouble(beam -> -beam.score));
    return ended;
  }

  private static Beam ranked(Beam beam, int length, DecodingStrategy.Beams options) {
    return new Beam(beam.ids, beam.sum, beam.sum / Math.pow(length, options.lengthPenalty()));
  }

  private float[] logProbabilities(PromptTokens prompt, List<Integer> answer) {
    int[] ids =
        IntStream.concat(IntStream.of(prompt.ids()), answer.stream().mapToInt(Integer::intValue))
            .toArray();
    try (PromptEmbeddings inputs = PromptEmbeddings.of(model, ids, new int[0], List.of());
        CachedSequence sequence = model.begin(ids.length, none)) {
      float[] logits = sequence.append(inputs, 0, ids.length);
      double sum = logits[0] - Scoring.logLikelihood(logits, 0);
      for (int i = 0; i < logits.length; i++) {
        logits[i] -= (float) sum;
      }
      return logits;
    }
  }
}
