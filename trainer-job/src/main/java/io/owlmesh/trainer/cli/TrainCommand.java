// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.cli;

import com.google.common.base.Joiner;
import io.owlmesh.client.Address;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.llm.v1.Adapter;
import io.owlmesh.trainer.job.Job;
import io.owlmesh.trainer.job.Publisher;
import io.owlmesh.trainer.job.StudyJob;
import io.owlmesh.trainer.job.TrainingMonitor;
import io.owlmesh.trainer.monitor.ProgressBar;
import io.owlmesh.trainer.monitor.TrainingMetrics;
import io.owlmesh.trainer.recipe.Recipe;
import io.owlmesh.trainer.workers.GrpcGroup;
import io.owlmesh.trainer.workers.WorkerProcesses;
import io.owlmesh.trainer.workers.WorkerSettings;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
  /** Where a recipe does not say: enough for any machine, and few enough to be added quickly. */
  private static final int USUAL_SHARDS = 16;

  private static final int MAX_RESTARTS = 1_000;

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

  @Option(
      names = "--workers",
      paramLabel = "N",
      description =
          "Processes that learn together, or tasks of Spark; the weights are the same for any"
              + " number.")
  private int workers;

  @Option(
      names = "--restarts",
      paramLabel = "N",
      description =
          "How often workers go on from the saved state when one dies (default:"
              + " ${DEFAULT-VALUE}).")
  private int restarts = 3;

  @Mixin private SparkFlags spark = new SparkFlags();

  @Option(
      names = "--metrics",
      paramLabel = "HOST:PORT",
      converter = AddressConverter.class,
      description = "Tells Prometheus there how it goes, at /q/metrics.")
  private @Nullable Address metrics;

  @Override
  public Integer call() throws Exception {
    Recipe read = Recipe.read(recipe);
    Optional<WorkerSettings> place = WorkerSettings.of(System.getenv());
    if (place.isPresent()) {
      return work(shared(read), place.get());
    }
    if (spark.isGiven() || workers > 0) {
      requireWorkers(shared(read));
      return spark.isGiven() ? driveOnSpark() : drive();
    }
    PrintWriter out = spec.commandLine().getOut();
    if (!publish.isEmpty() && read.study().isPresent()) {
      throw OwlException.badInput("--publish", "a study has many results; publish one by itself");
    }
    try (TrainingMonitor watching = new TrainingMonitor(out, ProgressBar.onTerminal());
        TrainingMetrics _ = told(watching)) {
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

  /** What tells how it goes, if anybody asked for that. */
  private @Nullable TrainingMetrics told(TrainingMonitor watching) throws IOException {
    if (metrics == null) {
      return null;
    }
    TrainingMetrics served =
        new TrainingMetrics(new InetSocketAddress(metrics.host(), metrics.port()));
    var _ = watching.with(served);
    return served;
  }

  /** As several workers take it: what the weights depend on follows from the recipe alone. */
  private static Recipe shared(Recipe read) {
    if (read.study().isPresent()) {
      throw OwlException.badInput("--workers", "a study runs its trainings one by one");
    }
    return read.forWorkers(
        Math.max(read.threads(), 1), read.shards() == 0 ? USUAL_SHARDS : read.shards());
  }

  private void requireWorkers(Recipe read) {
    if (workers > read.shards()) {
      throw OwlException.badInput(
          "--workers", "%d, at most the recipe's %d shards".formatted(workers, read.shards()));
    }
    if (restarts < 0 || restarts > MAX_RESTARTS) {
      throw OwlException.badInput(
          "--restarts", "%d, allowed is 0 to %d".formatted(restarts, MAX_RESTARTS));
    }
  }

  /** Starts workers, and looks after them. */
  private int drive() throws IOException, InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    WorkerProcesses processes =
        new WorkerProcesses(
            WorkerProcesses.self(workerArguments()),
            workers,
            restarts,
            line -> {
              out.println(line);
              out.flush();
            });
    CountDownLatch over = new CountDownLatch(1);
    Thread hook =
        new Thread(
            () -> {
              processes.stop();
              awaitUninterruptibly(over);
            },
            "stop");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      return processes.run();
    } finally {
      over.countDown();
    }
  }

  /** Has a cluster start workers, and look after them. */
  private int driveOnSpark() throws IOException, InterruptedException {
    Map<String, String> settings =
        Map.of(
            "spark.owlmesh.workers", Integer.toString(Math.max(workers, 1)),
            "spark.owlmesh.restarts", Integer.toString(restarts));
    return spark.drive("io.owlmesh.spark.SparkTraining", settings, workerArguments());
  }

  private List<String> workerArguments() {
    List<String> arguments = new ArrayList<>();
    if (spec.parent() != null) {
      arguments.add(spec.name());
    }
    arguments.add(recipe.toString());
    if (!publish.isEmpty()) {
      arguments.add("--publish=" + Joiner.on(',').join(publish));
      publishAs.ifPresent(name -> arguments.add("--publish-as=" + name));
    }
    if (metrics != null) {
      arguments.add("--metrics=" + metrics); // The first worker tells.
    }
    return arguments;
  }

  /** Is one of the workers. */
  private int work(Recipe read, WorkerSettings place) throws IOException {
    CountDownLatch over = new CountDownLatch(1);
    PrintWriter out = spec.commandLine().getOut();
    Optional<Job.Result> result;
    try (TrainingMonitor watching =
            place.rank() == 0
                ? new TrainingMonitor(out, ProgressBar.onTerminal())
                : TrainingMonitor.silent();
        TrainingMetrics _ = place.rank() == 0 ? told(watching) : null) {
      Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(watching, over), "stop"));
      WorkerProcesses.watchParent(System.getenv(), watching::stop);
      try (GrpcGroup group =
          GrpcGroup.join(place, read.toString(), read.device(), read.threads())) {
        result = new Job(read, watching, group, place.patience()).run();
      } catch (OwlException e) {
        if (e.fault() != Fault.UNAVAILABLE) {
          throw e;
        }
        spec.commandLine().getErr().printf("Worker %d: %s%n", place.rank(), e.getMessage());
        spec.commandLine().getErr().flush();
        return WorkerProcesses.TEMPORARY;
      }
    } finally {
      over.countDown();
    }
    if (result.isEmpty()) {
      return WorkerProcesses.TEMPORARY; // Stopped, with its state saved.
    }
    if (place.rank() == 0 && !publish.isEmpty()) {
      publish(read, result.get());
    }
    return 0;
  }

  private static void awaitUninterruptibly(CountDownLatch over) {
    try {
      over.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** The JVM ends when this returns, with 128 + the signal's number. */
  private static void stop(TrainingMonitor watching, CountDownLatch over) {
    watching.stop();
    awaitUninterruptibly(over);
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
