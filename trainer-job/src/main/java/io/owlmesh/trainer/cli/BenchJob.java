// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.cli;

import io.owlmesh.core.OwlException;
import io.owlmesh.trainer.monitor.StepReport;
import io.owlmesh.trainer.monitor.TrainingLog;
import io.owlmesh.trainer.workers.WorkerProcesses;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

/** A job that is measured and ended after its last step: nobody wants its model. */
final class BenchJob implements AutoCloseable {
  private static final int LOOK_MILLIS = 100;
  private static final String PORT = "29500";

  private final Path said;
  private final List<Process> processes = new ArrayList<>();

  private BenchJob(Path said) {
    this.said = said;
  }

  /** Several workers as processes of one machine, which {@code train} starts. */
  static BenchJob here(List<String> command, Path said) throws IOException {
    BenchJob job = new BenchJob(said);
    job.start(new ProcessBuilder(command));
    return job;
  }

  /** Several workers, each on a host of its own. */
  static BenchJob on(BenchNetwork network, int workers, List<String> command, Path said)
      throws IOException {
    BenchJob job = new BenchJob(said);
    String name = UUID.randomUUID().toString();
    for (int rank = 0; rank < workers; rank++) {
      ProcessBuilder builder = new ProcessBuilder(network.on(rank, command));
      builder
          .environment()
          .putAll(
              Map.of(
                  "RANK",
                  Integer.toString(rank),
                  "WORLD_SIZE",
                  Integer.toString(workers),
                  "MASTER_ADDR",
                  BenchNetwork.address(0),
                  "MASTER_PORT",
                  PORT,
                  "OWL_WORKER_HOST",
                  BenchNetwork.address(rank),
                  "OWL_WORKER_JOB",
                  name,
                  WorkerProcesses.PARENT,
                  Long.toString(ProcessHandle.current().pid())));
      job.start(builder);
    }
    return job;
  }

  private void start(ProcessBuilder builder) throws IOException {
    processes.add(
        builder
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(said.toFile()))
            .redirectInput(new File("/dev/null"))
            .start());
  }

  /**
   * Waits until a log has all steps.
   *
   * @param taken is told how many it has
   * @throws OwlException BAD_INPUT, field {@code recipe}, with the last words of a job that ended
   *     before
   */
  List<StepReport> await(Path log, int steps, LongConsumer taken)
      throws IOException, InterruptedException {
    while (true) {
      boolean ended = processes.stream().anyMatch(one -> !one.isAlive());
      List<StepReport> reports = TrainingLog.read(log);
      taken.accept(reports.size());
      if (reports.size() >= steps) {
        return reports.subList(0, steps);
      }
      if (ended) {
        throw OwlException.badInput("recipe", Files.readString(said).strip());
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
    }
  }

  @Override
  public void close() {
    List<ProcessHandle> all =
        processes.stream().flatMap(one -> one.toHandle().descendants()).toList();
    processes.forEach(Process::destroyForcibly);
    all.forEach(ProcessHandle::destroyForcibly);
    processes.forEach(one -> one.onExit().join());
    all.forEach(one -> one.onExit().join());
  }
}
