// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.cli;

import com.google.common.base.Joiner;
import io.owlmesh.client.Address;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.llm.v1.Adapter;
import io.owlmesh.trainer.job.Job;
import io.owlmesh.trainer.job.Publisher;
import io.owlmesh.trainer.job.StudyJob;
import io.owlmesh.trainer.job.TrainingMonitor;
import io.owlmesh.trainer.monitor.ProgressBar;
import io.owlmesh.trainer.recipe.Recipe;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs a training job. */
@Command(
    name = "train",
    description = {
      "Runs the stages of a recipe, each from the last one's result.",
      "A job that was stopped or killed goes on where it was; what is up to date is kept."
    },
    sortOptions = false,
    footer = {
      "",
      "Exit codes: 0 done, 1 failed, 2 wrong usage, 143 stopped by SIGTERM (130 by Ctrl-C) with its"
          + " state saved: start it again.",
      "Example: ./owl train deploy/recipes/nano.yaml"
    })
public final class TrainCommand implements Callable<Integer> {
  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @SuppressWarnings("NullAway.Init")
  @Parameters(paramLabel = "RECIPE", description = "What to train, as YAML.")
  private Path recipe;

  @Option(
      names = "--publish",
      paramLabel = "HOST:PORT",
      split = ",",
      converter = AddressConverter.class,
      description = "Then load the adapter into these llm services, without a restart.")
  private List<Address> publish = List.of();

  @Option(
      names = "--publish-as",
      paramLabel = "NAME",
      description = "What requests will call it (default: the recipe's name).")
  private Optional<String> publishAs = Optional.empty();

  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    Recipe read = Recipe.read(recipe);
    if (!publish.isEmpty() && read.study().isPresent()) {
      throw OwlException.badInput("--publish", "a study has many results; publish one by itself");
    }
    try (TrainingMonitor watching = new TrainingMonitor(out, ProgressBar.onTerminal())) {
      CountDownLatch over = new CountDownLatch(1);
      Thread hook = new Thread(() -> stop(watching, over), "stop");
      Runtime.getRuntime().addShutdownHook(hook);
      try {
        return run(read, watching);
      } finally {
        over.countDown();
      }
    }
  }

  /** The JVM ends when this returns, with 128 + the signal's number. */
  private static void stop(TrainingMonitor watching, CountDownLatch over) {
    watching.stop();
    try {
      over.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private int run(Recipe read, TrainingMonitor watching) throws IOException {
    if (read.study().isPresent()) {
      return new StudyJob(read, watching).run() ? 0 : 1;
    }
    Optional<Job.Result> result = new Job(read, watching).run();
    if (result.isEmpty()) {
      return 1; // Nobody sees it: the signal's own code follows.
    }
    if (!publish.isEmpty()) {
      publish(read, result.get());
    }
    return 0;
  }

  private void publish(Recipe read, Job.Result result) {
    Path adapter =
        result
            .adapter()
            .orElseThrow(() -> OwlException.badInput("--publish", "no stage learns a LoRA"));
    String name = publishAs.orElse(read.name());
    Adapter loaded = Publisher.publish(adapter, name, publish);
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        "Adapter %s of rank %d (%s) is loaded by %s%n",
        loaded.getName(), loaded.getRank(), loaded.getDigest(), Joiner.on(", ").join(publish));
    out.flush();
  }
}
