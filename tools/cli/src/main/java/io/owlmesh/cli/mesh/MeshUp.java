// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import io.owlmesh.cli.option.ExitCode;
import io.owlmesh.cli.option.Home;
import io.owlmesh.launcher.HealthProbe;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.launcher.MeshPlan;
import io.owlmesh.launcher.MeshRecord;
import io.owlmesh.launcher.MeshStarter;
import io.owlmesh.launcher.RestartPolicy;
import io.owlmesh.launcher.RunFolder;
import io.owlmesh.launcher.RunningService;
import io.owlmesh.launcher.StartedMesh;
import io.owlmesh.launcher.Supervisor;
import io.owlmesh.launcher.SupervisorProcess;
import io.owlmesh.launcher.SupervisorRecord.State;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Starts a mesh, or repairs one, and sees to it that somebody watches it. */
public final class MeshUp {
  private static final Duration POLL = Duration.ofMillis(100);

  private final Home home;
  private final RunFolder run;
  private final PrintWriter out;
  private final Duration limit;
  private final boolean detach;

  /**
   * @param limit how long services may take to be ready
   * @param detach whether another process than this one watches the mesh
   */
  public MeshUp(Home home, PrintWriter out, Duration limit, boolean detach) {
    this.home = home;
    this.run = home.run();
    this.out = out;
    this.limit = limit;
    this.detach = detach;
  }

  private void say(String line) {
    out.println(line);
    out.flush();
  }

  /** Starts what is planned, and stays with it unless it is detached; the exit code. */
  public int start(MeshPlan plan) throws IOException, MeshException, InterruptedException {
    ShutdownStop stop = new ShutdownStop(run, out);
    StartedMesh mesh;
    try {
      mesh = new MeshStarter(run, limit, out).start(plan, stop::watch);
    } catch (MeshException failed) {
      if (stop.begun()) {
        return ExitCode.FAILED;
      }
      throw failed;
    }
    announce(mesh.record());
    if (detach) {
      leaveSupervisor();
      stop.release();
      return 0;
    }
    Map<String, Process> children = new HashMap<>();
    mesh.processes().forEach((service, process) -> children.put(service.name(), process));
    return attend(plan, mesh.record(), children, stop);
  }

  /**
   * Starts again what is down of a mesh that is up.
   *
   * @throws MeshException if nothing is down and somebody watches it, or a service does not come up
   */
  public int repair(MeshRecord mesh) throws IOException, MeshException, InterruptedException {
    List<String> down =
        mesh.services().stream().filter(one -> !one.alive()).map(RunningService::name).toList();
    Optional<RunningService> watching = run.watching();
    if (watching.isPresent() && down.isEmpty()) {
      throw MeshStarter.alreadyUp(mesh);
    }
    say(
        down.isEmpty()
            ? "All services run; watching them from now on"
            : "Starting again: " + String.join(", ", down));
    if (watching.isEmpty()) {
      MeshPlan plan = run.plan();
      if (!detach) {
        return attend(plan, mesh, Map.of(), new ShutdownStop(run, out));
      }
      leaveSupervisor();
    }
    run.askRetry();
    awaitRepair();
    announce(run.recorded().orElse(mesh));
    return 0;
  }

  private void leaveSupervisor() throws IOException {
    SupervisorProcess.start(
        run,
        Map.of(Home.PROPERTY, home.root().toString()),
        List.of(DetachedSupervisor.class.getName()));
  }

  private int attend(
      MeshPlan plan, MeshRecord mesh, Map<String, Process> children, ShutdownStop stop)
      throws IOException, MeshException, InterruptedException {
    Supervisor supervisor =
        new Supervisor(run, plan, mesh, children, RestartPolicy.DEFAULT, this::tell);
    stop.watch(supervisor);
    supervisor.run();
    stop.release();
    return ExitCode.FAILED; // Nothing is left to watch; Ctrl-C ends this process otherwise.
  }

  private void tell(String line) {
    say(line);
    try {
      Files.writeString(
          run.supervisorLog(),
          DetachedSupervisor.stamped(line) + System.lineSeparator(),
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException full) {
      say("The log of restarts cannot be written: " + full.getMessage());
    }
  }

  /** Until the one that watches has got everything to run. */
  private void awaitRepair() throws IOException, MeshException, InterruptedException {
    long end = System.nanoTime() + limit.toNanos();
    while (run.retryIsAsked() || !allServing()) {
      Optional<String> lost = givenUp();
      if (!run.retryIsAsked() && lost.isPresent()) {
        throw new MeshException(
            "The service %s does not stay up; its log: %s"
                .formatted(lost.get(), Home.shown(run.log(lost.get()))));
      }
      if (run.watching().isEmpty() || System.nanoTime() > end) {
        throw new MeshException(
            "The mesh is not repaired; the log: " + Home.shown(run.supervisorLog()));
      }
      Thread.sleep(POLL);
    }
  }

  private Optional<String> givenUp() throws IOException, MeshException {
    return run.supervisorStates().entrySet().stream()
        .filter(service -> service.getValue() == State.GIVEN_UP)
        .map(Map.Entry::getKey)
        .findFirst();
  }

  private boolean allServing() throws IOException, MeshException {
    MeshRecord mesh = run.recorded().orElseThrow(() -> new MeshException("No mesh is up."));
    return mesh.services().stream().allMatch(service -> HealthProbe.isServing(mesh, service));
  }

  private void announce(MeshRecord mesh) {
    out.printf("Ready. gRPC: %s, logs: %s%n", mesh.frontDoor(), Home.shown(run.folder()));
    out.println("Try: ./owl ask --image FILE \"What is in this picture?\"");
    out.println(
        detach ? "./owl status shows it, ./owl down stops it." : "Ctrl-C stops all services.");
    mesh.page().ifPresent(page -> out.printf("The page: %s%n", page));
    out.flush();
  }
}
