// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Starts the processes of a mesh, all at once, and waits until every one is ready. */
public final class MeshStarter {
  private static final Duration POLL = Duration.ofMillis(50);
  private static final Duration ANSWER_PATIENCE = Duration.ofMillis(500);
  private static final Duration GRACE = Duration.ofSeconds(5);
  private static final int TAIL_LINES = 20;

  private final RunFolder run;
  private final Duration limit;
  private final PrintWriter out;

  /**
   * A starter for one machine's mesh.
   *
   * @param limit how long all services together may take
   * @param out gets a line a service as it becomes ready
   */
  public MeshStarter(RunFolder run, Duration limit, PrintWriter out) {
    this.run = run;
    this.limit = limit;
    this.out = out;
  }

  /**
   * Starts what is planned.
   *
   * @param onLaunch told as soon as there are processes, before any of them is ready
   * @throws MeshException if a mesh runs already, a port is taken, a service ends or is not ready
   *     in time; nothing is left running then
   */
  public StartedMesh start(MeshPlan plan, Consumer<MeshRecord> onLaunch)
      throws IOException, MeshException, InterruptedException {
    try (RunFolder.Held _ = run.hold()) {
      refuseSecondMesh();
      refuseTakenPorts(plan);
      long begin = System.nanoTime();
      StartedMesh mesh = launch(plan);
      onLaunch.accept(mesh.record());
      boolean ready = false;
      try {
        MeshRecord record = mesh.record().ready(awaitReady(mesh, begin));
        run.write(record);
        ready = true;
        return mesh.with(record);
      } finally {
        if (!ready) {
          mesh.stop(GRACE);
          run.forget(mesh.record());
        }
      }
    }
  }

  private void refuseSecondMesh() throws IOException, MeshException {
    Optional<MeshRecord> here = run.recorded().filter(mesh -> !mesh.alive().isEmpty());
    if (here.isPresent()) {
      throw alreadyUp(here.get());
    }
  }

  /** Why a second mesh is not started. */
  public static MeshException alreadyUp(MeshRecord mesh) {
    List<String> alive = mesh.alive().stream().map(s -> s.name() + " " + s.pid()).toList();
    return new MeshException(
        "A mesh is already up (%s). Stop it with ./owl down, or look at it with ./owl status."
            .formatted(alive.isEmpty() ? "all services down" : String.join(", ", alive)));
  }

  private static void refuseTakenPorts(MeshPlan plan) throws MeshException {
    for (ServicePlan service : plan.services()) {
      refuseTaken(plan.host(), service.port(), service.name(), "--port-base");
      if (service.httpPort().isPresent()) {
        refuseTaken(
            plan.host(),
            service.httpPort().getAsInt(),
            "the page of " + service.name(),
            "--http-port");
      }
    }
  }

  private static void refuseTaken(String host, int port, String use, String option)
      throws MeshException {
    if (!Ports.isFree(host, port)) {
      throw new MeshException(
          "Port %d, meant for %s, is taken by %s. Free it, or choose others with %s N (0: any free ones)."
              .formatted(port, use, PortHolder.describe(port).orElse("another process"), option));
    }
  }

  private StartedMesh launch(MeshPlan plan) throws IOException {
    Map<RunningService, Process> processes = new LinkedHashMap<>();
    plan.writeAddresses(run);
    try {
      for (ServicePlan service : plan.services()) {
        Process process = service.start(run, false);
        processes.put(RunningService.of(service, process, run.log(service.name())), process);
      }
      MeshRecord record =
          new MeshRecord(
              plan.mode(),
              plan.checkpoint(),
              plan.host(),
              plan.tls(),
              new ArrayList<>(processes.keySet()),
              Map.of());
      // Written before anything is ready: if this launcher is killed now, ./owl down still finds
      // what it left.
      run.write(record);
      run.write(plan);
      return new StartedMesh(record, processes);
    } catch (IOException failed) {
      processes.values().forEach(Process::destroyForcibly);
      throw failed;
    }
  }

  /** How long each service took, milliseconds by its name. */
  private Map<String, Long> awaitReady(StartedMesh mesh, long begin)
      throws IOException, MeshException, InterruptedException {
    Map<String, Long> took = new TreeMap<>();
    Map<RunningService, HealthProbe> waiting = new LinkedHashMap<>();
    MeshRecord record = mesh.record();
    record.services().forEach(s -> waiting.put(s, new HealthProbe(record.address(s))));
    try {
      while (!waiting.isEmpty()) {
        refuseEnded(mesh);
        waiting.entrySet().removeIf(entry -> reportIfReady(mesh, entry, begin, took));
        if (!waiting.isEmpty() && System.nanoTime() - begin > limit.toNanos()) {
          throw tooSlow(waiting.keySet().iterator().next());
        }
        Thread.sleep(POLL);
      }
      return took;
    } finally {
      waiting.values().forEach(HealthProbe::close);
    }
  }

  private boolean reportIfReady(
      StartedMesh mesh,
      Map.Entry<RunningService, HealthProbe> entry,
      long begin,
      Map<String, Long> took) {
    if (entry.getValue().check(ANSWER_PATIENCE) != Health.SERVING) {
      return false;
    }
    entry.getValue().close();
    RunningService service = entry.getKey();
    long millis = (System.nanoTime() - begin) / 1_000_000;
    took.put(service.name(), millis);
    out.printf(
        Locale.ROOT,
        "  %s %-21s ready after %.1f s%n",
        mesh.record().column(service),
        mesh.record().address(service),
        millis / 1e3);
    out.flush();
    return true;
  }

  private static void refuseEnded(StartedMesh mesh) throws IOException, MeshException {
    for (Map.Entry<RunningService, Process> entry : mesh.processes().entrySet()) {
      if (!entry.getValue().isAlive()) {
        RunningService service = entry.getKey();
        throw new MeshException(
            "The service %s ended while starting (exit code %d). Its log ends with:%n%s"
                .formatted(service.name(), entry.getValue().exitValue(), lastLines(service)));
      }
    }
  }

  private MeshException tooSlow(RunningService service) throws IOException {
    return new MeshException(
        "The service %s was not ready after %d s. Its log ends with:%n%s"
            .formatted(service.name(), limit.toSeconds(), lastLines(service)));
  }

  private static String lastLines(RunningService service) throws IOException {
    StringBuilder text = new StringBuilder();
    for (String line : RunFolder.tail(service.log(), TAIL_LINES)) {
      text.append("  | ").append(line).append(System.lineSeparator());
    }
    return text.append("  (").append(service.log()).append(')').toString();
  }
}
