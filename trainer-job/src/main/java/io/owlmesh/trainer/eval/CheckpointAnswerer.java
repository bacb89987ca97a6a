// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.eval;

import io.owlmesh.core.HostTensor;
import io.owlmesh.core.SamplingParams;
import io.owlmesh.model.checkpoint.AdapterFile;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.image.ImageProcessor;
import io.owlmesh.model.image.PictureDecoder;
import io.owlmesh.model.text.ChatTemplate;
import io.owlmesh.model.text.Prompt;
import io.owlmesh.model.text.PromptTokens;
import io.owlmesh.model.text.Tokenizer;
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
import io.owlmesh.trainer.data.TrainingSample;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** A checkpoint in this process. Used by one thread. */
public final class CheckpointAnswerer implements Answerer {
  private final ModelConfig config;
  private final Tokenizer tokenizer;
  private final ChatTemplate template;
  private final ImageProcessor processor;
  private final VisionEncoder vision;
  private final VisualAbstractor abstractor;
  private final LanguageModel language;
  private final LoraAdapter adapter;
  private final int maxNewTokens;

  /**
   * Loads all parts.
   *
   * @param adapter folder of a LoRA
   */
  public CheckpointAnswerer(
      Path folder, Optional<Path> adapter, EngineOptions options, int maxNewTokens) {
    Checkpoint checkpoint = Checkpoint.open(folder);
    this.config = checkpoint.config();
    this.tokenizer = config.tokenizer(folder);
    this.template = config.chatTemplate(folder);
    this.processor = config.imageProcessor();
    this.maxNewTokens = maxNewTokens;
    this.vision = VisionEncoder.load(checkpoint, options, WeightLoader.Progress.NONE);
    this.abstractor = VisualAbstractor.load(checkpoint, options, WeightLoader.Progress.NONE);
    this.language =
        LanguageModel.load(checkpoint, options, Optional.empty(), WeightLoader.Progress.NONE);
    this.adapter =
        adapter.map(path -> language.adapt(AdapterFile.open(path))).orElseGet(language::none);
  }

  @Override
  public String answer(EvalQuestion question) throws IOException {
    List<HostTensor> images = new ArrayList<>();
    for (TrainingSample.Image image : question.images()) {
      images.add(processor.process(new PictureDecoder().decode(image.read())));
    }
    Prompt asked = template.prompt(question.turns());
    List<HostTensor> tokens =
        images.isEmpty()
            ? List.of()
            : abstractor.resample(
                vision.encode(images), Collections.nCopies(images.size(), asked.text()));
    PromptTokens prompt = config.encode(asked, tokenizer);
    int[] starts = prompt.imageStarts().stream().mapToInt(Integer::intValue).toArray();
    List<Integer> ids = new ArrayList<>();
    try (PromptEmbeddings inputs = PromptEmbeddings.of(language, prompt.ids(), starts, tokens);
        CachedSequence sequence = language.begin(prompt.length() + maxNewTokens, adapter)) {
      SingleSequenceDecoder.run(
          sequence, inputs, new Sampler(SamplingParams.GREEDY), maxNewTokens, new Collector(ids));
    }
    return tokenizer.decode(ids.stream().mapToInt(Integer::intValue).toArray());
  }

  private record Collector(List<Integer> ids) implements SingleSequenceDecoder.Listener {
    @Override
    public void check() {}

    @Override
    public void token(int id) {
      ids.add(id);
    }
  }

  @Override
  public void close() {
    adapter.close();
    language.close();
    abstractor.close();
    vision.close();
  }
}
