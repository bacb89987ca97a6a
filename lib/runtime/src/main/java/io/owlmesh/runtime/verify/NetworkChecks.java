// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.verify;

import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.SamplingParams;
import io.owlmesh.model.checkpoint.AdapterFile;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.runtime.EngineOptions;
import io.owlmesh.runtime.WeightLoader;
import io.owlmesh.runtime.connector.VisualAbstractor;
import io.owlmesh.runtime.language.CachedSequence;
import io.owlmesh.runtime.language.LanguageModel;
import io.owlmesh.runtime.language.LoraAdapter;
import io.owlmesh.runtime.language.PromptEmbeddings;
import io.owlmesh.runtime.language.Sampler;
import io.owlmesh.runtime.language.SingleSequenceDecoder;
import io.owlmesh.runtime.vision.VisionEncoder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/** The three networks of one checkpoint in one arithmetic. */
final class NetworkChecks {
  // Ids that are compared one by one.
  private static final int STEPS = 8;

  private final Checkpoint checkpoint;
  private final EngineOptions options;
  private final GoldenFolder folder;
  private final List<GoldenCase> cases;
  private final SortedMap<String, HostTensor> golden;
  private final Consumer<Row> out;

  NetworkChecks(
      Checkpoint checkpoint,
      EngineOptions options,
      GoldenFolder folder,
      SortedMap<String, HostTensor> golden,
      Consumer<Row> out) {
    this.checkpoint = checkpoint;
    this.options = options;
    this.folder = folder;
    this.cases = folder.cases();
    this.golden = golden;
    this.out = out;
  }

  /** All images in one batch: pixels -> features, and the reference's features -> visual tokens. */
  void vision() {
    SortedMap<String, HostTensor> expectedFeatures = named("features/");
    SortedMap<String, HostTensor> expectedTokens = named("visual_tokens/");
    try (var encoder = VisionEncoder.load(checkpoint, options, WeightLoader.Progress.NONE);
        var abstractor = VisualAbstractor.load(checkpoint, options, WeightLoader.Progress.NONE)) {
      SortedMap<String, HostTensor> pixels = named("pixel_values/");
      List<HostTensor> encoded = encoder.encode(List.copyOf(pixels.values()));
      SortedMap<String, HostTensor> features = new TreeMap<>();
      pixels.keySet().forEach(name -> features.put(name, encoded.get(features.size())));
      double tower = folder.allowance("features");
      out.accept(row("features", tower, encoder.dtype(), features, expectedFeatures));
      double connector = folder.allowance("visual_tokens");
      var tokens = resampled(abstractor, expectedFeatures, expectedTokens.keySet());
      out.accept(row("visual tokens", connector, abstractor.dtype(), tokens, expectedTokens));
      // The errors of both stages together.
      var both = resampled(abstractor, features, expectedTokens.keySet());
      double sum = tower + connector;
      out.accept(row("pixels to tokens", sum, abstractor.dtype(), both, expectedTokens));
    }
  }

  /** Visual tokens by name: of an image, or, where the connector reads the question, of a case. */
  private SortedMap<String, HostTensor> resampled(
      VisualAbstractor abstractor, Map<String, HostTensor> features, Set<String> names) {
    List<HostTensor> inputs = new ArrayList<>();
    List<String> questions = new ArrayList<>();
    for (String name : names) {
      Optional<GoldenCase> test =
          abstractor.config().readsQuestion() ? named(name, cases) : Optional.empty();
      inputs.add(expected(features, test.map(c -> c.images().getFirst()).orElse(name)));
      questions.add(test.map(GoldenCase::prompt).orElse(""));
    }
    List<HostTensor> tokens = abstractor.resample(inputs, questions);
    SortedMap<String, HostTensor> all = new TreeMap<>();
    names.forEach(name -> all.put(name, tokens.get(all.size())));
    return all;
  }

  private static Optional<GoldenCase> named(String name, List<GoldenCase> cases) {
    return cases.stream().filter(test -> test.name().equals(name)).findFirst();
  }

  private SortedMap<String, HostTensor> named(String prefix) {
    SortedMap<String, HostTensor> found = new TreeMap<>();
    golden.forEach((name, tensor) -> {
      if (name.startsWith(prefix)) {
        found.put(name.substring(prefix.length()), tensor);
      }
    });
    return found;
  }

  private Row row(
      String check,
      double allowance,
      DType dtype,
      Map<String, HostTensor> actual,
      Map<String, HostTensor> expected) {
    Closeness closeness = new Closeness(dtype, allowance);
    actual.forEach(
        (name, tensor) -> closeness.add(tensor.toFloats(), expected(expected, name).toFloats()));
    return closeness.row(check, subject(dtype, ""));
  }

  private String subject(DType dtype, String adapter) {
    String name = checkpoint.folder().getFileName() + ", " + dtype.name().toLowerCase(Locale.ROOT);
    return adapter.isEmpty() ? name : name + ", " + adapter;
  }

  /**
   * Logits of all positions and greedy answers.
   *
   * @param adapter of all cases
   * @param merged whether it is added to the weights instead of applied beside them
   */
  void language(List<GoldenCase> cases, Optional<AdapterFile> adapter, boolean merged) {
    String label = adapter.map(a -> a.name() + (merged ? " merged" : "")).orElse("");
    try (LanguageModel model =
            LanguageModel.load(
                checkpoint,
                options,
                merged ? adapter : Optional.empty(),
                WeightLoader.Progress.NONE);
        LoraAdapter lora =
            adapter.isPresent() && !merged ? model.adapt(adapter.orElseThrow()) : model.none()) {
      String allowance = adapter.isPresent() ? "logits, adapter" : "logits";
      Closeness logits = new Closeness(model.dtype(), folder.allowance(allowance));
      // Of few positions, each read from a cache that was rounded, too.
      Closeness steps = new Closeness(model.dtype(), 2 * folder.allowance(allowance));
      int same = 0;
      for (GoldenCase test : cases) {
        same += compare(model, lora, test, logits, steps) ? 1 : 0;
      }
      out.accept(logits.row("logits", subject(model.dtype(), label)));
      out.accept(steps.row("logits, id by id", subject(model.dtype(), label)));
      // In 16 bits two tokens may be as likely as each other, so only float32 must agree.
      if (model.dtype() == DType.FLOAT32) {
        String found = (cases.size() - same) + " differ";
        boolean passed = same == cases.size() && same > 0;
        out.accept(
            new Row(
                "greedy", subject(model.dtype(), label), cases.size(), found, "0 differ", passed));
      }
    }
  }

  /** Adds the logits of a case; whether its greedy answer is the same. */
  private boolean compare(
      LanguageModel model, LoraAdapter lora, GoldenCase test, Closeness logits, Closeness steps) {
    int[] ids = test.ids().stream().mapToInt(Integer::intValue).toArray();
    List<HostTensor> images =
        test.images().stream()
            .map(name -> checkpoint.config().readsQuestion() ? test.name() : name)
            .map(name -> expected(golden, "visual_tokens/" + name))
            .toList();
    int limit = test.greedy().size();
    try (PromptEmbeddings prompt = PromptEmbeddings.of(model, ids, starts(test), images)) {
      try (CachedSequence whole = model.begin(ids.length, lora)) {
        float[] actual = whole.appendAll(prompt, 0, ids.length);
        float[] all = expected(golden, "logits/" + test.name()).toFloats();
        logits.add(actual, all);
        idById(model, lora, prompt, ids, all, steps);
      }
      List<Integer> answer = new ArrayList<>();
      try (CachedSequence sequence = model.begin(ids.length + limit, lora)) {
        SingleSequenceDecoder.run(
            sequence, prompt, new Sampler(SamplingParams.GREEDY), limit, new Collector(answer));
      }
      return answer.equals(test.greedy());
    }
  }

  /**
   * The last ids of a prompt one by one, as an answer is written: such steps may be computed by
   * other code than prompts.
   *
   * @param all logits [ids, V]
   */
  private static void idById(
      LanguageModel model,
      LoraAdapter lora,
      PromptEmbeddings prompt,
      int[] ids,
      float[] all,
      Closeness steps) {
    int vocabulary = all.length / ids.length;
    int from = ids.length;
    while (from > 1 && ids.length - from < STEPS && ids[from - 1] >= 0) {
      from--;
    }
    float[] actual = new float[(ids.length - from) * vocabulary];
    try (CachedSequence sequence = model.begin(ids.length, lora)) {
      sequence.append(prompt, 0, from);
      for (int i = from; i < ids.length; i++) {
        float[] row = sequence.append(ids[i]);
        System.arraycopy(row, 0, actual, (i - from) * vocabulary, vocabulary);
      }
    }
    steps.add(actual, Arrays.copyOfRange(all, from * vocabulary, all.length));
  }

  private static HostTensor expected(Map<String, HostTensor> tensors, String name) {
    HostTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw OwlException.badInput("golden", "forward.safetensors lacks " + name);
    }
    return tensor;
  }

  /** Where images start: each takes as many positions as it has visual tokens. */
  private int[] starts(GoldenCase test) {
    int[] starts = new int[test.images().size()];
    int position = 0;
    for (int i = 0; i < starts.length; i++) {
      while (test.ids().get(position) >= 0) {
        position++;
      }
      starts[i] = position;
      position += checkpoint.config().visualTokens();
    }
    return starts;
  }

  private record Collector(List<Integer> ids) implements SingleSequenceDecoder.Listener {
    @Override
    public void check() {}

    @Override
    public void token(int id) {
      ids.add(id);
    }
  }
}
