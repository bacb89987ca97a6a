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
import io.owlmesh.trainer.training.NetworkOptions;
import io.owlmesh.trainer.training.TrainableModel;
import io.owlmesh.trainer.workers.Agreement;
import io.owlmesh.trainer.workers.ShardTree;
import io.owlmesh.trainer.workers.WorkerGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
  private final WorkerGroup workers;
  private final ShardTree tree;

  /**
   * @param number of the stage, from 1
   * @param from the result of the stage before
   */
  StageRun(
      Recipe recipe, int number, StageOutput from, TrainingMonitor watching, WorkerGroup workers) {
    this.workers = workers;
    this.tree = new ShardTree(Math.max(recipe.shards(), 1));
    this.recipe = recipe;
    this.stage = recipe.stages().get(number - 1);
    this.number = number;
    this.from = from;
    this.watching = watching;
    this.folder = folder(recipe, number);
    this.fingerprint =
        StageData.fingerprint(
                new Fingerprint().text(from.fingerprint()).text(stage.toString()), stage)
            .text(recipe.seed() + " " + recipe.device() + sharing(recipe))
            .hex();
    this.state = new StageState(folder, fingerprint);
  }

  /** What the weights depend on where a step is cut into shards. */
  private static String sharing(Recipe recipe) {
    return recipe.shards() > 1
        ? " %d shards, %d threads".formatted(recipe.shards(), recipe.threads())
        : "";
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
    Agreement.requireSame(workers, "the fingerprint of stage " + stage.name(), fingerprint);
    Optional<StageDone> done = StageDone.read(folder);
    boolean upToDate = done.isPresent() && done.get().fingerprint().equals(fingerprint);
    if (Agreement.ofMaster(workers, upToDate)) {
      done.ifPresent(what -> watching.upToDate(stage.name(), what));
      return Optional.of(result());
    }
    Checkpoint checkpoint = Agreement.masterFirst(workers, this::begin);
    Optional<AdapterFile> adapter = from.adapter().map(AdapterFile::open);
    try (TrainableModel network =
        new TrainableModel(
            checkpoint, adapter, stage.trainables(), options(), recipe.seed() * 31 + number)) {
      StepWork work = work(network);
      long first = state.restore(work).orElse(0);
      Agreement.requireSame(
          workers, "the saved step of stage " + stage.name(), Long.toString(first));
      watching.begin(folder, stage, first, network.parameters());
      stage.localSteps().ifPresent(watching::localSteps);
      try (StageData data =
          new StageData(recipe, stage, number, checkpoint, first, work.from(), work.to())) {
        Optional<Totals> totals = steps(network, work, data, first);
        if (totals.isEmpty()) {
          return Optional.empty();
        }
        finish(checkpoint, network.weights(), work.leftOut(data.report()), totals.get());
      }
    }
    workers.await();
    return Optional.of(result());
  }

  private StepWork work(TrainableModel network) {
    if (stage.localSteps().isPresent()) {
      return new LocalSteps(network, stage, watching, this::dropoutSeed, workers);
    }
    return tree.shards() == 1 && workers.size() == 1
        ? new WholeSteps(network, stage, watching, this::dropoutSeed)
        : new SharedSteps(network, stage, watching, this::dropoutSeed, workers, tree);
  }

  /** What this stage begins with: the last one's result, or that with a part that is anew. */
  private Checkpoint begin() throws IOException {
    if (workers.rank() > 0) {
      return Checkpoint.open(stage.fresh().isEmpty() ? from.checkpoint() : folder.resolve("start"));
    }
    Files.createDirectories(folder);
    StageDone.delete(folder);
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
    private double exchangeSeconds;
    private double loss;
    private int bad;
  }

  /** All steps that are left; empty if told to stop before the end. */
  private Optional<Totals> steps(TrainableModel network, StepWork work, StageData data, long first)
      throws IOException {
    Totals totals = new Totals();
    for (long step = first; step < stage.steps(); step++) {
      if (!step(work, data, step, totals)) {
        save(work, step);
        watching.saved(step);
        return Optional.empty();
      }
      long next = step + 1;
      if (next < stage.steps() && next % stage.saveEvery() == 0) {
        save(work, next);
      }
      if (workers.rank() == 0
          && stage.validation().isPresent()
          && (next == stage.steps() || next % stage.validation().get().every() == 0)) {
        watching.validated(stage.name(), next, data.validate(network, stage.positions()));
      }
    }
    return Optional.of(totals);
  }

  private void save(StepWork work, long step) throws IOException {
    SortedMap<String, HostTensor> learnt = work.state();
    if (workers.rank() == 0) {
      state.save(learnt, step);
    }
    workers.await();
  }

  /** Whether the step was taken: not if somebody was told to stop. */
  private boolean step(StepWork work, StageData data, long step, Totals totals) throws IOException {
    long begin = System.nanoTime();
    List<EncodedSample> samples = data.next();
    double waited = (System.nanoTime() - begin) / 1e9;
    double rate = stage.rate() * stage.schedule().factor(step, stage.steps());
    Optional<StepWork.Result> taken = work.step(samples, step, rate);
    if (taken.isEmpty()) {
      return false;
    }
    double loss = taken.get().loss();
    double norm = taken.get().norm();
    totals.bad = Double.isFinite(loss) && Double.isFinite(norm) ? 0 : totals.bad + 1;
    if (totals.bad == PATIENCE) {
      throw OwlException.badInput(
          "stages." + stage.name() + ".rate",
          "the loss was no number for %d steps up to %d".formatted(PATIENCE, step));
    }
    long tokens = taken.get().tokens();
    double seconds = (System.nanoTime() - begin) / 1e9;
    totals.tokens += tokens;
    totals.seconds += seconds;
    totals.dataSeconds += waited;
    double exchanged = workers.exchangeSeconds();
    if (workers.size() > 1) {
      totals.exchangeSeconds += exchanged;
      watching.exchanged(step + 1, exchanged / seconds);
    }
    totals.loss = loss;
    watching.step(
        new StepReport(
            stage.name(),
            step + 1,
            stage.steps(),
            loss,
            rate,
            norm,
            tokens,
            seconds,
            waited,
            exchanged));
    return true;
  }

  /** A function of the step, so that a resumed run drops what one never killed drops. */
  private long dropoutSeed(long step, long batch) {
    long mixed = (recipe.seed() * 1_000_003 + number) * 1_000_003 + step * 4096 + batch;
    return ((mixed * 0x9E3779B97F4A7C15L) >>> 20) << 10;
  }

  private void finish(
      Checkpoint checkpoint,
      SortedMap<String, HostTensor> learnt,
      Map<String, Long> leftOut,
      Totals totals)
      throws IOException {
    if (workers.rank() > 0) {
      return;
    }
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
            leftOut);
    done.write(folder);
    state.delete();
    watching.done(stage.name(), done);
    if (workers.size() > 1) {
      watching.say(
          String.format(
              Locale.ROOT,
              "%d workers, %.1f %% of the time exchanging",
              workers.size(),
              100 * totals.exchangeSeconds / Math.max(totals.seconds, 1e-9)));
    }
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
