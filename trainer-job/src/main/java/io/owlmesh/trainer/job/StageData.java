// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.job;

import io.owlmesh.core.OwlException;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.text.Tokenizer;
import io.owlmesh.trainer.data.Augmentation;
import io.owlmesh.trainer.data.BadSample;
import io.owlmesh.trainer.data.Batches;
import io.owlmesh.trainer.data.Cutting;
import io.owlmesh.trainer.data.EncodedSample;
import io.owlmesh.trainer.data.Mixture;
import io.owlmesh.trainer.data.SampleEncoder;
import io.owlmesh.trainer.data.SampleSource;
import io.owlmesh.trainer.data.SampleSources;
import io.owlmesh.trainer.recipe.Recipe;
import io.owlmesh.trainer.recipe.TrainingStage;
import io.owlmesh.trainer.training.Batch;
import io.owlmesh.trainer.training.TrainableModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/** The samples of a stage: a mixture to learn from, and those that are only measured. */
final class StageData implements AutoCloseable {
  private static final int READERS = 1;

  private final TrainingStage stage;
  private final List<SampleSource> sources = new ArrayList<>();
  private final Mixture mixture;
  private final Batches batches;
  private final SampleEncoder plain;
  private List<Batch> validation = List.of();

  /**
   * @param first step whose batch comes first
   * @param from the first sample of each batch that is read
   * @param to the one after the last
   */
  StageData(
      Recipe recipe,
      TrainingStage stage,
      int number,
      Checkpoint checkpoint,
      long first,
      int from,
      int to) {
    this.stage = stage;
    Tokenizer tokenizer = checkpoint.config().tokenizer(checkpoint.folder());
    TrainingStage.Augment augment = stage.augmentation();
    SampleEncoder encoder =
        new SampleEncoder(
            tokenizer,
            checkpoint.config(),
            stage.sequenceLength(),
            new Augmentation(augment.crop(), augment.flip()),
            stage.cutting());
    this.plain =
        new SampleEncoder(
            tokenizer,
            checkpoint.config(),
            stage.sequenceLength(),
            Augmentation.NONE,
            Cutting.AUTHORS);
    List<Mixture.Part> parts = new ArrayList<>();
    try {
      for (TrainingStage.Data data : stage.data()) {
        parts.add(new Mixture.Part(data.file(), open(data.file(), data.images()), data.weight()));
      }
      long seed = recipe.seed() * 1_000_003 + number;
      mixture = new Mixture(parts, seed);
      batches = new Batches(mixture, encoder, stage.batch(), first, READERS, from, to);
    } catch (RuntimeException e) {
      sources.forEach(SampleSource::close);
      throw e;
    }
  }

  private SampleSource open(String file, Optional<Path> images) {
    SampleSource source = SampleSources.open(file, images);
    sources.add(source);
    return source;
  }

  /** Adds the files of a stage. */
  static Fingerprint fingerprint(Fingerprint print, TrainingStage stage) {
    for (TrainingStage.Data data : stage.data()) {
      SampleSources.files(data.file()).forEach(print::file);
    }
    return print;
  }

  /** The batch of the next step. */
  List<EncodedSample> next() {
    return batches.next();
  }

  /** Mean of -log p over the targets of the samples that are only measured. */
  double validate(TrainableModel network, int positions) {
    if (validation.isEmpty()) {
      validation = Batch.split(validationSamples(), positions);
    }
    double sum = 0;
    long targets = 0;
    for (Batch batch : validation) {
      sum += network.measure(batch);
      targets += batch.targetCount();
    }
    return sum / targets;
  }

  private List<EncodedSample> validationSamples() {
    TrainingStage.Validation wanted = stage.validation().orElseThrow();
    SampleSource source = open(wanted.file(), wanted.images());
    List<EncodedSample> samples = new ArrayList<>();
    // Spread over the file, whose lines may be sorted.
    int stride = Math.max(1, source.size() / wanted.samples());
    for (int i = 0; i < source.size() && samples.size() < wanted.samples(); i += stride) {
      try {
        samples.add(plain.encode(source.read(i), new SplittableRandom(i)));
      } catch (BadSample e) {
        mixture.report().add(e);
      }
    }
    if (samples.isEmpty()) {
      throw OwlException.badInput(
          "stages.validation.file", wanted.file() + " has no usable sample");
    }
    return samples;
  }

  /** Samples that could not be used so far, by reason. */
  Map<String, Long> report() {
    return mixture.report().byReason();
  }

  @Override
  public void close() {
    batches.close();
    sources.forEach(SampleSource::close);
  }
}
