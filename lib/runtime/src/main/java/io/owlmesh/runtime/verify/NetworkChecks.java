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
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Consumer;

/** The three networks of one checkpoint in one arithmetic. */
final class NetworkChecks {
  private final Checkpoint checkpoint;
  private final EngineOptions options;
  private final SortedMap<String, HostTensor> golden;
  private final Consumer<Row> out;

  NetworkChecks(
      Checkpoint checkpoint,
      EngineOptions options,
      SortedMap<String, HostTensor> golden,
      Consumer<Row> out) {
    this.checkpoint = checkpoint;
    this.options = options;
    this.golden = golden;
    this.out = out;
  }

  /** All images in one batch: pixels -> features, and the reference's features -> visual tokens. */
  void vision() {
    List<HostTensor> expectedFeatures = named("features/");
    List<HostTensor> expectedTokens = named("visual_tokens/");
    try (var encoder = VisionEncoder.load(checkpoint, options, WeightLoader.Progress.NONE);
        var abstractor = VisualAbstractor.load(checkpoint, options, WeightLoader.Progress.NONE)) {
      List<HostTensor> features = encoder.encode(named("pixel_values/"));
      out.accept(row("features", encoder.dtype(), features, expectedFeatures));
      List<HostTensor> tokens = abstractor.resample(expectedFeatures);
      out.accept(row("visual tokens", abstractor.dtype(), tokens, expectedTokens));
      // The errors of both stages together.
      List<HostTensor> both = abstractor.resample(features);
      out.accept(row("pixels to tokens", abstractor.dtype(), both, expectedTokens));
    }
  }

  private List<HostTensor> named(String prefix) {
    return golden.entrySet().stream()
        .filter(e -> e.getKey().startsWith(prefix))
        .map(e -> e.getValue())
        .toList();
  }

  private Row row(String check, DType dtype, List<HostTensor> actual, List<HostTensor> expected) {
    Closeness closeness = new Closeness(dtype);
    for (int i = 0; i < actual.size(); i++) {
      closeness.add(actual.get(i).toFloats(), expected.get(i).toFloats());
    }
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
      Closeness logits = new Closeness(model.dtype());
      int same = 0;
      for (GoldenCase test : cases) {
        same += compare(model, lora, test, logits) ? 1 : 0;
      }
      out.accept(logits.row("logits", subject(model.dtype(), label)));
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
      LanguageModel model, LoraAdapter lora, GoldenCase test, Closeness logits) {
    int[] ids = test.ids().stream().mapToInt(Integer::intValue).toArray();
    List<HostTensor> images =
        test.images().stream().map(name -> expected("visual_tokens/" + name)).toList();
    int limit = test.greedy().size();
    try (PromptEmbeddings prompt = PromptEmbeddings.of(model, ids, starts(test), images)) {
      try (CachedSequence whole = model.begin(ids.length, lora)) {
        float[] actual = whole.appendAll(prompt, 0, ids.length);
        logits.add(actual, expected("logits/" + test.name()).toFloats());
      }
      List<Integer> answer = new ArrayList<>();
      try (CachedSequence sequence = model.begin(ids.length + limit, lora)) {
        SingleSequenceDecoder.run(
            sequence, prompt, new Sampler(SamplingParams.GREEDY), limit, new Collector(answer));
      }
      return answer.equals(test.greedy());
    }
  }

  private HostTensor expected(String name) {
    HostTensor tensor = golden.get(name);
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
