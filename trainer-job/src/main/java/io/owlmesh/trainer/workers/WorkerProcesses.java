// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.workers;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The workers of a job as processes of this machine. If one dies, all are started again, and go on
 * from the state that was saved last; not more often than was allowed, and not if what ended it
 * would end it again.
 */
public final class WorkerProcesses {
  /** The exit code of a worker whose group broke: of {@code sysexits.h}, try again. */
  public static final int TEMPORARY = 75;

  /** The variable that tells a worker which process started it, and must live. */
  public static final String PARENT = "OWL_WORKER_PARENT";

  private static final int LOOK_MILLIS = 50;
  private static final int ENDING_SECONDS = 60;

  /** Above it, a process was ended by a signal, its own crash among them. */
  private static final int SIGNALLED = 128;

  private final List<String> command;
  private final int workers;
  private final int restarts;
  private final Consumer<String> say;
  private final List<Process> running = new ArrayList<>();
  private boolean stopped;

  /**
   * Of a command that becomes a worker by its environment, see {@link WorkerSettings}.
   *
   * @param restarts at most
   * @param say is told what happens
   */
  public WorkerProcesses(List<String> command, int workers, int restarts, Consumer<String> say) {
    this.command = List.copyOf(command);
    this.workers = workers;
    this.restarts = restarts;
    this.say = say;
  }

  /** This program with other arguments: its JVM, its options, its classes. */
  public static List<String> self(List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(System.getProperty("sun.java.command").split(" ", 2)[0]);
    command.addAll(arguments);
    return command;
  }

  /**
   * Runs all workers to their end.
   *
   * @return the exit code: 0 if all ended well
   */
  public int run() throws IOException, InterruptedException {
    for (int attempt = 0; ; attempt++) {
      start();
      Optional<Ended> failed = awaitEnd();
      if (failed.isEmpty()) {
        return 0;
      }
      Ended ended = failed.get();
      end();
      boolean again = ended.code() == TEMPORARY || ended.code() > SIGNALLED;
      if (isStopped() || !again || attempt == restarts) {
        return ended.code();
      }
      say.accept(
          "Worker %d ended with code %d; all go on from the saved state (%d of %d)"
              .formatted(ended.rank(), ended.code(), attempt + 1, restarts));
    }
  }

  private record Ended(int rank, int code) {}

  private synchronized void start() throws IOException {
    if (stopped) {
      return;
    }
    running.clear();
    String job = UUID.randomUUID().toString();
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    for (int rank = 0; rank < workers; rank++) {
      ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
      builder
          .environment()
          .putAll(
              Map.of(
                  "RANK",
                  Integer.toString(rank),
                  "WORLD_SIZE",
                  Integer.toString(workers),
                  "MASTER_ADDR",
                  "127.0.0.1",
                  "MASTER_PORT",
                  Integer.toString(port),
                  "OWL_WORKER_JOB",
                  job,
                  PARENT,
                  Long.toString(ProcessHandle.current().pid())));
      running.add(builder.start());
    }
  }

  /** The first worker that ended badly; a death by a signal before those who only noticed it. */
  private Optional<Ended> awaitEnd() throws InterruptedException {
    while (true) {
      List<Process> now = processes();
      Optional<Ended> worst = Optional.empty();
      for (int rank = 0; rank < now.size(); rank++) {
        Process one = now.get(rank);
        if (!one.isAlive() && one.exitValue() != 0) {
          Ended ended = new Ended(rank, one.exitValue());
          boolean noticed = ended.code() == TEMPORARY;
          worst = worst.isEmpty() || !noticed ? Optional.of(ended) : worst;
        }
      }
      if (worst.isPresent() || now.stream().noneMatch(Process::isAlive)) {
        return worst;
      }
      TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
    }
  }

  /** Ends those who are left: they cannot go on alone. */
  private void end() throws InterruptedException {
    if (!isStopped()) {
      processes().forEach(Process::destroyForcibly);
    }
    for (Process one : processes()) {
      if (!one.waitFor(ENDING_SECONDS, TimeUnit.SECONDS)) {
        one.destroyForcibly().waitFor();
      }
    }
  }

  private synchronized boolean isStopped() {
    return stopped;
  }

  private synchronized List<Process> processes() {
    return List.copyOf(running);
  }

  /** Asks the workers to save their state and end. From any thread. */
  public synchronized void stop() {
    stopped = true;
    running.forEach(Process::destroy);
  }

  /**
   * Does something when the process that started this one is gone, whoever killed that; a minute
   * later this one ends, too.
   */
  public static void watchParent(Map<String, String> environment, Runnable gone) {
    String parent = environment.get(PARENT);
    if (parent == null) {
      return;
    }
    CompletableFuture<?> end =
        ProcessHandle.of(Long.parseLong(parent))
            .<CompletableFuture<?>>map(ProcessHandle::onExit)
            .orElseGet(() -> CompletableFuture.completedFuture(null));
    var _ =
        end.thenRun(() -> {
          gone.run();
          CompletableFuture.delayedExecutor(ENDING_SECONDS, TimeUnit.SECONDS)
              .execute(() -> Runtime.getRuntime().halt(TEMPORARY));
        });
  }
}
