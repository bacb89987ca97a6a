// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.owlmesh.core.HostTensor;
import io.owlmesh.core.SamplingParams;
import io.owlmesh.model.checkpoint.AdapterFile;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.text.Prompt;
import io.owlmesh.model.text.PromptTokens;
import io.owlmesh.model.text.Tokenizer;
import io.owlmesh.model.weights.SafetensorsFile;
import io.owlmesh.runtime.EngineOptions;
import io.owlmesh.runtime.Precision;
import io.owlmesh.runtime.Quantization;
import io.owlmesh.runtime.WeightLoader;
import io.owlmesh.runtime.language.LanguageModel;
import io.owlmesh.runtime.language.LoraAdapter;
import io.owlmesh.runtime.language.Sampler;
import io.owlmesh.stage.HeldNames;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the serving engine makes of every family's language model. */
class FamiliesServingTest {
  private static final Path RESOURCES = Path.of("../lib/model/src/test/resources");
  private static final long FOREVER = Long.MAX_VALUE;

  private static LanguageModel load(Path checkpoint, Quantization quantization) {
    return LanguageModel.load(
        Checkpoint.open(checkpoint),
        new EngineOptions(
            "cpu",
            quantization == Quantization.NONE ? Precision.FLOAT32 : Precision.AUTO,
            1,
            quantization),
        Optional.empty(),
        WeightLoader.Progress.NONE);
  }

  private static AskedAnswers ask(
      ServingEngine engine, EnginePrompt prompt, LoraAdapter adapter, int tokens) {
    AskedAnswers answer = new AskedAnswers();
    TokenSampler greedy = new Sampler(SamplingParams.GREEDY)::choose;
    engine.submit(
        new EngineRequest(
            prompt,
            List.of(),
            adapter,
            new DecodingStrategy.Samples(List.of(greedy)),
            tokens,
            0,
            FOREVER,
            answer));
    return answer;
  }

  /** All cases at once in small steps, then again, when their beginnings are in the cache. */
  @ParameterizedTest
  @CsvSource({
    "llava-tiny, transformers-5-bf16",
    "owl-bloom-tiny, bin-bf16",
  })
  void answersTogetherAreThoseOfTheReference(String folder, String layout) throws Exception {
    Path golden = RESOURCES.resolve(folder);
    Path checkpoint = golden.resolve("checkpoints").resolve(layout);
    SortedMap<String, HostTensor> forward =
        SafetensorsFile.load(golden.resolve("forward.safetensors"));
    JsonNode cases = new ObjectMapper().readTree(golden.resolve("forward.json").toFile());
    try (LanguageModel model = load(checkpoint, Quantization.NONE);
        LoraAdapter none = model.none();
        LoraAdapter lora = model.adapt(AdapterFile.open(golden.resolve("adapters/peft")));
        ServingEngine engine =
            new ServingEngine(
                model, new SchedulerConfig(4, 32, 0, 4000, 100, 7, FOREVER), new HeldNames())) {
      ModelConfig config = model.config();
      Tokenizer tokenizer = config.tokenizer(checkpoint);
      int cached = 0;
      for (int round = 0; round < 2; round++) {
        List<AskedAnswers> answers = new ArrayList<>();
        for (JsonNode one : cases) {
          List<HostTensor> images = new ArrayList<>();
          one.get("images")
              .forEach(name -> images.add(forward.get("visual_tokens/" + name.asText())));
          PromptTokens tokens = config.encode(Prompt.parse(one.get("prompt").asText()), tokenizer);
          answers.add(
              ask(
                  engine,
                  new EnginePrompt(tokens, images, List.of()),
                  one.get("adapter").isNull() ? none : lora,
                  one.get("greedy").size()));
        }
        for (int i = 0; i < answers.size(); i++) {
          int now = answers.get(i).await().cachedPositions();
          cached += round * now;
          List<Integer> expected = new ArrayList<>();
          cases.get(i).get("greedy").forEach(id -> expected.add(id.asInt()));
          assertThat(answers.get(i).ids())
              .as(cases.get(i).get("name").asText())
              .isEqualTo(expected);
        }
      }
      assertThat(cached).isPositive();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "owl-bloom-tiny/checkpoints/bin-bf16",
        "llava-tiny/checkpoints/transformers-5-bf16"
      })
  void idsThatNoTokenHasAreNeverAnswered(String folder) throws Exception {
    Path checkpoint = RESOURCES.resolve(folder);
    try (LanguageModel model = load(checkpoint, Quantization.NONE);
        LoraAdapter none = model.none()) {
      Tokenizer tokenizer = model.config().tokenizer(checkpoint);
      PromptTokens tokens =
          model.config().encode(new Prompt(List.of(new Prompt.Text("A"))), tokenizer);
      List<Integer> before;
      try (ServingEngine engine =
          new ServingEngine(
              model, new SchedulerConfig(4, 32, 0, 4000, 100, 7, FOREVER), new HeldNames())) {
        AskedAnswers answer = ask(engine, new EnginePrompt(tokens, List.of(), List.of()), none, 8);
        answer.await();
        before = List.copyOf(answer.ids());
        // Those that it would choose are barred like those beyond the tokenizer.
        model.bar(id -> id >= tokenizer.size() || before.contains(id));
        AskedAnswers other = ask(engine, new EnginePrompt(tokens, List.of(), List.of()), none, 8);
        other.await();
        assertThat(other.ids()).isNotEmpty().doesNotContainAnyElementsOf(before);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "owl-bloom-tiny/checkpoints/bin-bf16",
        "blip2-tiny/checkpoints/safetensors-sharded-bf16"
      })
  void matricesOfEightBitsAnswer(String folder) throws Exception {
    Path checkpoint = RESOURCES.resolve(folder);
    try (LanguageModel model = load(checkpoint, Quantization.INT8);
        LoraAdapter none = model.none();
        ServingEngine engine =
            new ServingEngine(
                model, new SchedulerConfig(4, 32, 0, 4000, 100, 7, FOREVER), new HeldNames())) {
      PromptTokens tokens =
          model
              .config()
              .encode(
                  new Prompt(List.of(new Prompt.Text("An owl"))),
                  model.config().tokenizer(checkpoint));
      AskedAnswers answer = ask(engine, new EnginePrompt(tokens, List.of(), List.of()), none, 6);
      answer.await();
      assertThat(answer.ids()).isNotEmpty();
    }
  }
}
