// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.job;

import io.owlmesh.trainer.monitor.StepReport;
import io.owlmesh.trainer.monitor.TensorBoardWriter;
import io.owlmesh.trainer.monitor.TrainingLog;
import io.owlmesh.trainer.monitor.TrainingMetrics;
import io.owlmesh.trainer.monitor.TrainingProgress;
import io.owlmesh.trainer.recipe.LocalStepsRecipe;
import io.owlmesh.trainer.recipe.TrainingStage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Tells people how a job goes: on their terminal, in a log and for TensorBoard; and is told by them
 * to stop.
 */
public final class TrainingMonitor implements AutoCloseable {
  private final PrintWriter out;
  private final TrainingProgress progress;
  private final boolean keeps;
  private final AtomicBoolean stopped = new AtomicBoolean();
  private @Nullable TrainingLog log;
  private @Nullable TensorBoardWriter board;
  private @Nullable TrainingMetrics metrics;

  /**
   * @param terminal whether a line can be drawn again
   */
  public TrainingMonitor(PrintWriter out, boolean terminal) {
    this(out, terminal, true);
  }

  private TrainingMonitor(PrintWriter out, boolean terminal, boolean keeps) {
    this.keeps = keeps;
    this.out = out;
    this.progress = new TrainingProgress(out, terminal);
  }

  /** Of a worker beside the first, who tells everything. */
  public static TrainingMonitor silent() {
    return new TrainingMonitor(new PrintWriter(Writer.nullWriter()), false, false);
  }

  /** From now on it is told to Prometheus, too. */
  public TrainingMonitor with(TrainingMetrics told) {
    metrics = told;
    return this;
  }

  /** Asks the job to save its state after the running step and end. From any thread. */
  public void stop() {
    stopped.set(true);
  }

  boolean stopped() {
    return stopped.get();
  }

  void say(String line) {
    out.println(line);
    out.flush();
  }

  void upToDate(String stage, StageDone done) {
    say("Stage %s is up to date: %d steps, loss %.4f".formatted(stage, done.steps(), done.loss()));
  }

  void begin(Path folder, TrainingStage stage, long first, long parameters) throws IOException {
    close();
    if (!keeps) {
      return;
    }
    if (metrics != null) {
      metrics.begin(stage.name(), first);
    }
    log = TrainingLog.openAt(folder.resolve("log.jsonl"), first);
    board = new TensorBoardWriter(folder);
    say(
        String.format(
            Locale.ROOT,
            "Stage %s: %,d parameters learn, steps %d to %d",
            stage.name(),
            parameters,
            first + 1,
            stage.steps()));
  }

  /** That the stage learns something else than one process would. */
  void localSteps(LocalStepsRecipe local) {
    say(
        ("Local steps: inexact, %d workers learn alone and bring their weights together every %d"
                + " steps; loss and tokens are the first worker's")
            .formatted(local.workers(), local.every()));
  }

  void step(StepReport report) throws IOException {
    progress.step(report);
    if (metrics != null) {
      metrics.step(report);
    }
    if (log != null) {
      log.append(report);
    }
    if (board != null) {
      Instant now = Instant.now();
      board.scalar("train/loss", report.step(), report.loss(), now);
      board.scalar("train/learning_rate", report.step(), report.learningRate(), now);
      board.scalar("train/gradient_norm", report.step(), report.gradientNorm(), now);
      board.scalar(
          "train/tokens_per_second", report.step(), report.tokens() / report.seconds(), now);
    }
  }

  /** Of the time of a step, the share that workers exchanged what they learnt. */
  void exchanged(long step, double share) throws IOException {
    if (board != null) {
      board.scalar("train/exchange_share", step, share, Instant.now());
    }
    if (metrics != null) {
      metrics.exchanged(share);
    }
  }

  void validated(String stage, long step, double loss) throws IOException {
    progress.line(
        String.format(Locale.ROOT, "%s, step %d: validation loss %.4f", stage, step, loss));
    if (board != null) {
      board.scalar("validation/loss", step, loss, Instant.now());
    }
    if (metrics != null) {
      metrics.validated(stage, loss);
    }
  }

  void saved(long step) {
    progress.line(
        "Stopped after step %d; the state is saved, the same command goes on".formatted(step));
  }

  void done(String stage, StageDone done) {
    progress.line(
        String.format(
            Locale.ROOT,
            "Stage %s is done: loss %.4f, %,d tokens in %.0f s (%.0f a second, %.1f %% of the time"
                + " waiting for data), peak memory %.2f GiB",
            stage,
            done.loss(),
            done.tokens(),
            done.seconds(),
            done.tokens() / Math.max(done.seconds(), 1e-9),
            100 * done.dataSeconds() / Math.max(done.seconds(), 1e-9),
            done.peakBytes() / (double) (1 << 30)));
    if (metrics != null) {
      metrics.leftOut(stage, done.leftOut());
    }
    if (!done.leftOut().isEmpty()) {
      say("Samples left out: " + done.leftOut());
    }
  }

  /** Closes the files of the running stage. */
  @Override
  public void close() throws IOException {
    if (log != null) {
      log.close();
      log = null;
    }
    if (board != null) {
      board.close();
      board = null;
    }
  }
}
