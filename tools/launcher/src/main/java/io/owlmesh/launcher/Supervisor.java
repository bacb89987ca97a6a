// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import io.owlmesh.launcher.SupervisorRecord.Restarts;
import io.owlmesh.launcher.SupervisorRecord.State;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the services of a mesh running: one that dies is started again after a wait that grows, and
 * given up when it keeps dying. Services may be children of this process or adopted from another.
 */
public final class Supervisor {
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration ANSWER_PATIENCE = Duration.ofMillis(300);

  private final RunFolder run;
  private final RestartPolicy policy;
  private final Consumer<String> told;
  private final Map<String, Watched> watched = new LinkedHashMap<>();
  private MeshRecord mesh;

  /** As others read it: older than the mesh while the disk is full. */
  private MeshRecord written;

  private boolean stopped;
  private String lastTrouble = "";

  /**
   * A supervisor of a mesh that was started.
   *
   * @param plan how its services are started again
   * @param children those of its processes that are ours, by name
   * @param told what happens, a line each
   */
  public Supervisor(
      RunFolder run,
      MeshPlan plan,
      MeshRecord mesh,
      Map<String, Process> children,
      RestartPolicy policy,
      Consumer<String> told) {
    this.run = run;
    this.mesh = mesh;
    this.written = mesh;
    this.policy = policy;
    this.told = told;
    for (ServicePlan service : plan.services()) {
      watched.put(service.name(), new Watched(service, children.get(service.name())));
    }
  }

  /** A service, and what became of it. */
  private static final class Watched {
    final ServicePlan plan;
    @Nullable Process child;
    State state = State.RUNNING;
    int restarts;
    int deaths;
    String lastEnd = "";
    Instant begin = Instant.now();
    Instant due = Instant.EPOCH;

    Watched(ServicePlan plan, @Nullable Process child) {
      this.plan = plan;
      this.child = child;
    }

    Restarts told() {
      return new Restarts(state, restarts, deaths, lastEnd, due.toEpochMilli());
    }
  }

  /**
   * Watches until {@link #stop}, until the mesh is taken down, or until every service is given up.
   *
   * @throws MeshException if somebody watches already
   */
  public void run() throws IOException, MeshException, InterruptedException {
    try (RunFolder.Held _ = run.holdSupervision()) {
      record();
      while (step()) {
        Thread.sleep(POLL);
      }
    }
  }

  /** From now on no service is started; those that run, as they are known now. */
  public synchronized MeshRecord stop() {
    stopped = true;
    return mesh;
  }

  private synchronized boolean step() {
    if (stopped) {
      return false;
    }
    try {
      if (run.recorded().filter(written::isSame).isEmpty()) {
        told.accept("The mesh was taken down.");
        return false;
      }
      write();
      if (run.takeRetry()) {
        watched.values().forEach(Supervisor::forgive);
      }
      for (Watched one : watched.values()) {
        attend(one);
        LogRotation.USUAL.look(run.log(one.plan.name()));
      }
    } catch (IOException | MeshException | RuntimeException failed) {
      // Such as a full disk: the services run on, and so does their watch.
      tellOnce("The state of the mesh cannot be kept: " + failed);
    }
    return watched.values().stream().anyMatch(one -> one.state != State.GIVEN_UP);
  }

  private void tellOnce(String trouble) {
    if (!trouble.equals(lastTrouble)) {
      lastTrouble = trouble;
      told.accept(trouble);
    }
  }

  /** Somebody mended what kept it from running, or thinks so. */
  private static void forgive(Watched one) {
    if (one.state == State.WAITING || one.state == State.GIVEN_UP) {
      one.state = State.WAITING;
      one.deaths = 0;
      one.due = Instant.now();
    }
  }

  private void attend(Watched one) throws IOException {
    switch (one.state) {
      case RUNNING, STARTING -> {
        if (!mesh.service(one.plan.name()).alive()) {
          noteDeath(one);
        } else if (one.state == State.STARTING) {
          noteIfReady(one);
        } else if (one.deaths > 0 && age(one).compareTo(policy.stable()) > 0) {
          one.deaths = 0;
          record();
        }
      }
      case WAITING -> {
        if (!Instant.now().isBefore(one.due)) {
          start(one);
        }
      }
      case GIVEN_UP -> {}
    }
  }

  private static Duration age(Watched one) {
    return Duration.between(one.begin, Instant.now());
  }

  private void noteDeath(Watched one) throws IOException {
    if (age(one).compareTo(policy.stable()) > 0) {
      one.deaths = 0;
    }
    one.deaths++;
    // Of a process that another one started, the system tells nobody how it ended.
    one.lastEnd =
        Optional.ofNullable(one.child)
            .map(child -> "ended with exit code %d".formatted(exitCode(child)))
            .orElse("ended");
    giveUpOrWait(one);
  }

  private static int exitCode(Process ended) {
    try {
      return ended.waitFor();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return -1;
    }
  }

  private void giveUpOrWait(Watched one) throws IOException {
    Duration wait = policy.delay(one.deaths);
    boolean lost = one.deaths > policy.tries();
    one.state = lost ? State.GIVEN_UP : State.WAITING;
    one.due = Instant.now().plus(wait);
    record();
    String then =
        lost
            ? "it died %d times in a row and is given up; ./owl up tries again"
                .formatted(one.deaths)
            : String.format(
                Locale.ROOT,
                "it is started again in %.1f s (%d of %d)",
                wait.toMillis() / 1e3,
                one.deaths,
                policy.tries());
    told.accept(
        "%s %s; %s. Its log: %s"
            .formatted(one.plan.name(), one.lastEnd, then, run.log(one.plan.name())));
  }

  private void start(Watched one) throws IOException {
    try {
      Process process = one.plan.start(run, true);
      one.child = process;
      one.begin = Instant.now();
      one.restarts++;
      one.state = State.STARTING;
      mesh = mesh.with(RunningService.of(one.plan, process, run.log(one.plan.name())));
    } catch (IOException failed) {
      one.deaths++;
      one.lastEnd = "could not be started: " + failed.getMessage();
      giveUpOrWait(one);
      return;
    }
    write();
    record();
    long pid = mesh.service(one.plan.name()).pid();
    told.accept("%s was started again, process %d".formatted(one.plan.name(), pid));
  }

  private void write() throws IOException {
    if (!written.isSame(mesh)) {
      run.write(mesh);
      written = mesh;
    }
  }

  private void noteIfReady(Watched one) throws IOException {
    try (HealthProbe probe = new HealthProbe(mesh.address(mesh.service(one.plan.name())))) {
      if (probe.check(ANSWER_PATIENCE) == Health.SERVING) {
        one.state = State.RUNNING;
        record();
        told.accept(
            String.format(
                Locale.ROOT,
                "%s is ready again after %.1f s",
                one.plan.name(),
                age(one).toMillis() / 1e3));
      }
    }
  }

  private void record() throws IOException {
    Map<String, Restarts> all = new TreeMap<>();
    watched.forEach((name, one) -> {
      if (one.restarts > 0 || one.deaths > 0) {
        all.put(name, one.told());
      }
    });
    run.write(RunFolder.thisProcess(all));
  }
}
