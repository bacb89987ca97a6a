// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.job;

import io.owlmesh.core.DType;
import io.owlmesh.core.FileTree;
import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.checkpoint.AdapterFile;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.trainer.data.EncodedSample;
import io.owlmesh.trainer.monitor.StepReport;
import io.owlmesh.trainer.recipe.Recipe;
import io.owlmesh.trainer.recipe.TrainingStage;
import io.owlmesh.trainer.training.Batch;
import io.owlmesh.trainer.training.NetworkOptions;
import io.owlmesh.trainer.training.TrainableModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/** One stage from its first step, or the one after the last saved, to its result. */
final class StageRun {
  // What a run of numbers that are none says: the learning rate is too high or the data wrong.
  private static final int PATIENCE = 10;

  private final Recipe recipe;
  private final TrainingStage stage;
  private final int number;
  private final StageOutput from;
  private final Path folder;
  private final TrainingMonitor watching;
  private final String fingerprint;
  private final StageState state;

  /**
   * @param number of the stage, from 1
   * @param from the result of the stage before
   */
  StageRun(Recipe recipe, int number, StageOutput from, TrainingMonitor watching) {
    this.recipe = recipe;
    this.stage = recipe.stages().get(number - 1);
    this.number = number;
    this.from = from;
    this.watching = watching;
    this.folder = folder(recipe, number);
    this.fingerprint =
        StageData.fingerprint(
                new Fingerprint().text(from.fingerprint()).text(stage.toString()), stage)
            .text(recipe.seed() + " " + recipe.device())
            .hex();
    this.state = new StageState(folder, fingerprint);
  }

  /** Where a stage keeps its files. */
  static Path folder(Recipe recipe, int number) {
    String name = recipe.stages().get(number - 1).name();
    return recipe.output().resolve("%02d-%s".formatted(number, name));
  }

  /**
   * Runs, unless the result is there already.
   *
   * @return the result; empty if it was told to stop and saved its state
   */
  Optional<StageOutput> run() throws IOException {
    Optional<StageDone> done = StageDone.read(folder);
    if (done.isPresent() && done.get().fingerprint().equals(fingerprint)) {
      watching.upToDate(stage.name(), done.get());
      return Optional.of(result());
    }
    Files.createDirectories(folder);
    StageDone.delete(folder);
    Checkpoint checkpoint = begin();
    Optional<AdapterFile> adapter = from.adapter().map(AdapterFile::open);
    try (TrainableModel network =
        new TrainableModel(
            checkpoint, adapter, stage.trainables(), options(), recipe.seed() * 31 + number)) {
      long first = state.restore(network).orElse(0);
      watching.begin(folder, stage, first, network.parameters());
      try (StageData data = new StageData(recipe, stage, number, checkpoint, first)) {
        Optional<Totals> totals = steps(network, data, first);
        if (totals.isEmpty()) {
          return Optional.empty();
        }
        finish(checkpoint, network.weights(), data, totals.get());
      }
    }
    return Optional.of(result());
  }

  /** What this stage begins with: the last one's result, or that with a part that is anew. */
  private Checkpoint begin() throws IOException {
    Checkpoint last = Checkpoint.open(from.checkpoint());
    if (stage.fresh().isEmpty()) {
      return last;
    }
    Path start = folder.resolve("start");
    remove(start); // Another run's, perhaps; it costs seconds.
    PartInitializer.Start fresh =
        PartInitializer.anew(last.config(), stage.fresh().get(), recipe.seed() * 31 + number);
    Export.checkpoint(start, last, fresh.config(), fresh.tensors(), DType.FLOAT32);
    return Checkpoint.open(start);
  }

  private NetworkOptions options() {
    int threads =
        recipe.threads() == 0 ? Runtime.getRuntime().availableProcessors() : recipe.threads();
    return new NetworkOptions(
        recipe.device(),
        threads,
        stage.precision().equals("bfloat16") ? DType.BFLOAT16 : DType.FLOAT32,
        stage.checkpointing(),
        stage.abstractorDropout());
  }

  /** What the steps of this process came to. */
  private static final class Totals {
    private long tokens;
    private double seconds;
    private double dataSeconds;
    private double loss;
    private int bad;
  }

  /** All steps that are left; empty if told to stop before the end. */
  private Optional<Totals> steps(TrainableModel network, StageData data, long first)
      throws IOException {
    Totals totals = new Totals();
    for (long step = first; step < stage.steps(); step++) {
      if (watching.stopped()) {
        state.save(network, step);
        watching.saved(step);
        return Optional.empty();
      }
      step(network, data, step, totals);
      long next = step + 1;
      if (next < stage.steps() && next % stage.saveEvery() == 0) {
        state.save(network, next);
      }
      if (stage.validation().isPresent()
          && (next == stage.steps() || next % stage.validation().get().every() == 0)) {
        watching.validated(stage.name(), next, data.validate(network, stage.positions()));
      }
    }
    return Optional.of(totals);
  }

  private void step(TrainableModel network, StageData data, long step, Totals totals)
      throws IOException {
    long begin = System.nanoTime();
    List<EncodedSample> samples = data.next();
    double waited = (System.nanoTime() - begin) / 1e9;
    List<Batch> batches = Batch.split(samples, stage.positions());
    long targets = batches.stream().mapToLong(Batch::targetCount).sum();
    double loss = 0;
    for (int i = 0; i < batches.size(); i++) {
      loss += network.learn(batches.get(i), 1.0 / targets, dropoutSeed(step, i));
    }
    double rate = stage.rate() * stage.schedule().factor(step, stage.steps());
    double norm = network.update(stage.optimiser(), rate);
    totals.bad = Double.isFinite(loss) && Double.isFinite(norm) ? 0 : totals.bad + 1;
    if (totals.bad == PATIENCE) {
      throw OwlException.badInput(
          "stages." + stage.name() + ".rate",
          "the loss was no number for %d steps up to %d".formatted(PATIENCE, step));
    }
    long tokens = samples.stream().mapToLong(EncodedSample::length).sum();
    double seconds = (System.nanoTime() - begin) / 1e9;
    totals.tokens += tokens;
    totals.seconds += seconds;
    totals.dataSeconds += waited;
    totals.loss = loss;
    watching.step(
        new StepReport(
            stage.name(), step + 1, stage.steps(), loss, rate, norm, tokens, seconds, waited));
  }

  /** A function of the step, so that a resumed run drops what one never killed drops. */
  private long dropoutSeed(long step, int batch) {
    long mixed = (recipe.seed() * 1_000_003 + number) * 1_000_003 + step * 4096 + batch;
    return ((mixed * 0x9E3779B97F4A7C15L) >>> 20) << 10;
  }

  private void finish(
      Checkpoint checkpoint, SortedMap<String, HostTensor> learnt, StageData data, Totals totals)
      throws IOException {
    if (changesCheckpoint()) {
      remove(folder.resolve("checkpoint"));
      Export.checkpoint(folder.resolve("checkpoint"), checkpoint, learnt, DType.FLOAT32);
    }
    if (stage.lora().isPresent()) {
      remove(folder.resolve("adapter"));
      Export.adapter(
          folder.resolve("adapter"),
          learnt,
          stage.trainables().lora().orElseThrow(),
          recipe.name());
    }
    StageDone done =
        new StageDone(
            fingerprint,
            stage.steps(),
            totals.tokens,
            totals.seconds,
            totals.dataSeconds,
            totals.loss,
            PeakMemory.bytes(),
            data.report());
    done.write(folder);
    state.delete();
    watching.done(stage.name(), done);
  }

  private static void remove(Path folder) throws IOException {
    if (Files.exists(folder)) {
      FileTree.delete(folder);
    }
  }

  private boolean changesCheckpoint() {
    return !stage.trains().isEmpty() || stage.fresh().isPresent();
  }

  private StageOutput result() {
    return new StageOutput(
        changesCheckpoint() ? folder.resolve("checkpoint") : from.checkpoint(),
        stage.lora().isPresent() ? Optional.of(folder.resolve("adapter")) : from.adapter(),
        fingerprint);
  }
}
