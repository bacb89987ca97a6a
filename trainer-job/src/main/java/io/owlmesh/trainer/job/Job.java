// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.job;

import io.owlmesh.core.DType;
import io.owlmesh.core.FileTree;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.text.Tokenizer;
import io.owlmesh.runtime.EngineOptions;
import io.owlmesh.runtime.Precision;
import io.owlmesh.trainer.eval.CheckpointAnswerer;
import io.owlmesh.trainer.eval.EvalQuestion;
import io.owlmesh.trainer.eval.EvalReport;
import io.owlmesh.trainer.eval.Evaluation;
import io.owlmesh.trainer.monitor.TrainingReport;
import io.owlmesh.trainer.recipe.NewModel;
import io.owlmesh.trainer.recipe.Recipe;
import io.owlmesh.trainer.recipe.TrainingStage;
import io.owlmesh.trainer.workers.Agreement;
import io.owlmesh.trainer.workers.LoneWorker;
import io.owlmesh.trainer.workers.WorkerGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * Runs a recipe in its output folder: data, the model to begin with, the stages in order, the
 * result. What is there already and was made of the same inputs is kept; a killed job started again
 * goes on and ends with the same weights as one never killed.
 */
public final class Job {
  private final Recipe recipe;
  private final Path results;
  private final TrainingMonitor watching;
  private final WorkerGroup workers;
  private final Duration patience;

  /** A job whose result goes where its stages are. */
  public Job(Recipe recipe, TrainingMonitor watching) {
    this(recipe, recipe.output(), watching);
  }

  /**
   * A job of several workers, which reach the same files.
   *
   * @param patience how long the first waits for another job to leave the output
   */
  public Job(Recipe recipe, TrainingMonitor watching, WorkerGroup workers, Duration patience) {
    this(recipe, recipe.output(), watching, workers, patience);
  }

  /**
   * A job.
   *
   * @param results folder of model, scores and report
   */
  Job(Recipe recipe, Path results, TrainingMonitor watching) {
    this(recipe, results, watching, new LoneWorker(), OutputLock.PATIENCE);
  }

  private Job(
      Recipe recipe,
      Path results,
      TrainingMonitor watching,
      WorkerGroup workers,
      Duration patience) {
    this.patience = patience;
    this.workers = workers;
    this.recipe = recipe;
    this.results = results;
    this.watching = watching;
  }

  /**
   * What a job leaves.
   *
   * @param checkpoint folder in the layout of Hugging Face
   * @param adapter folder of PEFT, if a LoRA learnt
   */
  public record Result(Path checkpoint, Optional<Path> adapter) {}

  /**
   * Runs all that is left to do.
   *
   * @return where the result is; empty if it was told to stop and saved its state
   * @throws OwlException BAD_INPUT or BAD_CHECKPOINT for what is wrong with the recipe's inputs
   * @throws IOException if a file cannot be read or written
   */
  public Optional<Result> run() throws IOException {
    if (workers.rank() > 0) {
      Agreement.requireSharedFolder(workers, recipe.output());
      return stages().map(place -> new Result(place.checkpoint(), place.adapter()));
    }
    Files.createDirectories(results);
    try (OutputLock _ = OutputLock.of(recipe.output(), patience)) {
      Agreement.requireSharedFolder(workers, recipe.output());
      Optional<StageOutput> place = stages();
      if (place.isEmpty()) {
        return Optional.empty();
      }
      Result result = result(place.get());
      report(recipe.evaluate().isPresent() ? evaluate(result, place.get()) : "");
      return Optional.of(result);
    }
  }

  /** What the last stage leaves; empty if it was told to stop. */
  private Optional<StageOutput> stages() throws IOException {
    StageOutput place = Agreement.masterFirst(workers, this::start);
    for (int number = 1; number <= recipe.stages().size(); number++) {
      Optional<StageOutput> next = new StageRun(recipe, number, place, watching, workers).run();
      if (next.isEmpty()) {
        return Optional.empty();
      }
      place = next.get();
    }
    return Optional.of(place);
  }

  /** Asks the result the questions of the test; the scores and samples as HTML. */
  private String evaluate(Result result, StageOutput place) throws IOException {
    Recipe.Evaluate wanted = recipe.evaluate().orElseThrow();
    Path excerpt = results.resolve("eval.part.html");
    Path mark = results.resolve("eval.made-of");
    String made =
        new Fingerprint().text(place.fingerprint() + " " + wanted).file(wanted.test()).hex();
    if (Files.exists(mark) && Files.readString(mark).equals(made)) {
      watching.say("The scores are up to date");
      return Files.readString(excerpt);
    }
    Files.deleteIfExists(mark);
    watching.say("Asking the questions of " + wanted.test());
    List<EvalQuestion> questions = Evaluation.questions(wanted.test(), wanted.limit());
    EngineOptions options = new EngineOptions(recipe.device(), Precision.AUTO, recipe.threads());
    try (CheckpointAnswerer answerer =
        new CheckpointAnswerer(
            result.checkpoint(), result.adapter(), options, wanted.maxNewTokens())) {
      EvalReport report = Evaluation.run(answerer, questions, (_, _, _) -> {});
      report.writeJson(results.resolve("eval.json"));
      report.writeHtml(results.resolve("eval.html"));
      Files.writeString(excerpt, report.excerpt());
      Files.writeString(mark, made);
      watching.say(report.table());
      return Files.readString(excerpt);
    }
  }

  private void report(String answers) throws IOException {
    List<TrainingReport.StageSummary> stages = new ArrayList<>();
    for (int number = 1; number <= recipe.stages().size(); number++) {
      Path folder = StageRun.folder(recipe, number);
      StageDone done = StageDone.read(folder).orElseThrow();
      stages.add(
          new TrainingReport.StageSummary(
              title(recipe.stages().get(number - 1)),
              folder.resolve("log.jsonl"),
              done.peakBytes(),
              done.leftOut()));
    }
    Path page = results.resolve("report.html");
    TrainingReport.write(page, recipe.name(), stages, answers);
    watching.say("The report is in " + page);
  }

  private static String title(TrainingStage stage) {
    return stage.localSteps().isPresent() ? stage.name() + ", local steps (inexact)" : stage.name();
  }

  private StageOutput start() throws IOException {
    if (recipe.book().isPresent()) {
      BookMaker.make(recipe.book().get(), watching);
    }
    if (recipe.model().isEmpty()) {
      Path folder = recipe.checkpoint().orElseThrow();
      Fingerprint print = new Fingerprint().folder(folder);
      recipe.adapter().ifPresent(print::folder);
      return new StageOutput(folder, recipe.adapter(), print.hex());
    }
    NewModel model = recipe.model().get();
    Fingerprint print = new Fingerprint().text(model + " " + recipe.seed());
    model.tokenizer().texts().forEach(print::file);
    String hex = print.hex();
    Path folder = recipe.output().resolve("00-start");
    Path mark = recipe.output().resolve("00-start.made-of");
    if (!Files.exists(mark) || !Files.readString(mark).equals(hex)) {
      Files.deleteIfExists(mark);
      if (Files.exists(folder)) {
        FileTree.delete(folder);
      }
      write(model, folder);
      Files.writeString(mark, hex);
    }
    return new StageOutput(folder, Optional.empty(), hex);
  }

  private void write(NewModel model, Path folder) throws IOException {
    Path scratch = Files.createTempDirectory("owl-tokenizer");
    try {
      Path tokenizer = scratch.resolve("tokenizer.model");
      watching.say("Training a tokeniser of %d pieces".formatted(model.tokenizer().vocabulary()));
      TokenizerMaker.make(model.tokenizer(), tokenizer);
      ModelConfig config = model.config(Tokenizer.open(scratch).size());
      PartInitializer.write(folder, config, model.spread(), recipe.seed(), tokenizer);
    } finally {
      FileTree.delete(scratch);
    }
  }

  /** The last stage's model in the type to be shipped. */
  private Result result(StageOutput place) throws IOException {
    Path model = results.resolve("model");
    Path mark = results.resolve("model.made-of");
    String made = place.fingerprint() + " " + recipe.saveAs();
    if (!Files.exists(mark) || !Files.readString(mark).equals(made)) {
      Files.deleteIfExists(mark);
      if (Files.exists(model)) {
        FileTree.delete(model);
      }
      Export.checkpoint(
          model,
          Checkpoint.open(place.checkpoint()),
          Collections.emptySortedMap(),
          recipe.saveAs().equals("float32") ? DType.FLOAT32 : DType.BFLOAT16);
      Files.writeString(mark, made);
    }
    watching.say("The model is in " + model);
    place.adapter().ifPresent(adapter -> watching.say("The adapter is in " + adapter));
    return new Result(model, place.adapter());
  }
}
