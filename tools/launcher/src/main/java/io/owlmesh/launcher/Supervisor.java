// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import io.owlmesh.launcher.SupervisorRecord.Restarts;
import io.owlmesh.launcher.SupervisorRecord.State;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Keeps the services of a mesh running: one that dies is started again after a wait that grows, and
 * given up when it keeps dying. Stages gain and lose replicas when somebody asks. Services may be
 * children of this process or adopted from another.
 */
public final class Supervisor {
  private static final Duration POLL = Duration.ofMillis(200);

  /** How long before its end the orchestrator is told of it. */
  private static final Duration NOTICE = Duration.ofSeconds(1);

  /** What running answers may take when a service is to end, before it is ended by force. */
  private static final Duration GRACE = Duration.ofSeconds(60);

  private final RunFolder run;
  private final RestartPolicy policy;
  private final Consumer<String> told;
  private final Map<String, WatchedService> watched = new LinkedHashMap<>();
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
      watched.put(service.name(), new WatchedService(service, children.get(service.name())));
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
        watched.values().forEach(WatchedService::forgive);
      }
      Optional<Replicas> wanted = run.takeScale();
      if (wanted.isPresent()) {
        scale(wanted.get());
      }
      Optional<RunFolder.AskedModel> model = run.takeModel();
      if (model.isPresent()) {
        change(model.get());
      }
      for (WatchedService one : List.copyOf(watched.values())) {
        attend(one);
        LogRotation.USUAL.look(run.log(one.name()));
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

  private void attend(WatchedService one) throws IOException {
    switch (one.state) {
      case RUNNING, STARTING -> {
        if (!isAlive(one)) {
          noteDeath(one);
        } else if (one.state == State.STARTING) {
          noteIfReady(one);
        } else if (one.deaths > 0 && one.age().compareTo(policy.stable()) > 0) {
          one.deaths = 0;
          record();
        }
      }
      case WAITING -> {
        if (one.isDue()) {
          start(one);
        }
      }
      case LEAVING -> sendAway(one);
      case GIVEN_UP -> {}
    }
  }

  private boolean isAlive(WatchedService one) {
    return process(one).isPresent();
  }

  private Optional<ProcessHandle> process(WatchedService one) {
    return mesh.services().stream()
        .filter(service -> service.name().equals(one.name()))
        .findFirst()
        .flatMap(RunningService::process);
  }

  private void noteDeath(WatchedService one) throws IOException {
    if (one.age().compareTo(policy.stable()) > 0) {
      one.deaths = 0;
    }
    giveUpOrWait(one, one.ended());
  }

  private void giveUpOrWait(WatchedService one, String end) throws IOException {
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
    told.accept("%s %s; %s. Its log: %s".formatted(one.name(), end, then, run.log(one.name())));
  }

  private void start(WatchedService one) throws IOException {
    boolean first = one.restarts < 0;
    try {
      Process process = one.plan.start(run, !first);
      one.began(process);
      mesh = mesh.with(RunningService.of(one.plan, process, run.log(one.name())));
    } catch (IOException failed) {
      giveUpOrWait(one, one.failedToStart(failed));
      return;
    }
    write();
    record();
    told.accept(
        "%s was started%s, process %d"
            .formatted(one.name(), first ? "" : " again", mesh.service(one.name()).pid()));
  }

  /** Gives stages as many replicas as are wanted: the newest go first. */
  private void scale(Replicas wanted) throws IOException, MeshException {
    for (Map.Entry<String, Integer> stage : wanted.counts().entrySet()) {
      List<WatchedService> present =
          watched.values().stream()
              .filter(one -> Replicas.roleOf(one.name()).equals(stage.getKey()))
              .filter(one -> one.state != State.LEAVING)
              .toList();
      if (present.isEmpty()) {
        throw new MeshException("There is no service to add one like: " + stage.getKey());
      }
      for (int more = present.size(); more < stage.getValue(); more++) {
        add(stage.getKey(), present.getFirst().plan);
      }
      present.stream().skip(stage.getValue()).forEach(one -> one.leave(NOTICE));
    }
    writePlan();
  }

  private void add(String stage, ServicePlan like) throws MeshException {
    int number = 1;
    while (watched.containsKey(Replicas.name(stage, number))) {
      number++;
    }
    ServicePlan plan = like.again(Replicas.name(stage, number), freePort());
    watched.put(plan.name(), WatchedService.added(plan));
  }

  /** Adds the stages of a model, or has them leave. */
  private void change(RunFolder.AskedModel asked) throws IOException, MeshException {
    List<WatchedService> present =
        watched.values().stream()
            .filter(one -> Replicas.modelOf(Replicas.roleOf(one.name())).equals(asked.name()))
            .toList();
    if (asked.checkpoint().isEmpty()) {
      ModelFiles.delete(run, asked.name());
      present.forEach(one -> one.leave(NOTICE));
    } else if (present.isEmpty()) {
      for (String stage : Replicas.STAGES) {
        WatchedService like = watched.get(stage);
        if (like == null) {
          throw new MeshException("There is no service to add one like: " + stage);
        }
        ServicePlan plan =
            like.plan.again(asked.name() + "." + stage, freePort()).of(asked.model());
        watched.put(plan.name(), WatchedService.added(plan));
      }
    }
    writePlan();
    if (!asked.checkpoint().isEmpty()) {
      ModelFiles.write(
          run,
          watched.values().stream()
              .map(one -> one.plan)
              .filter(plan -> plan.name().startsWith(asked.name() + "."))
              .toList());
    }
  }

  private int freePort() throws MeshException {
    int first = mesh.frontDoor().port() + 1;
    List<Integer> planned = watched.values().stream().map(one -> one.plan.port()).toList();
    return Ports.between(mesh.host(), first, first + MeshPorts.SPAN, planned);
  }

  /** One that leaves is asked to end, is ended by force if it does not, and is forgotten. */
  private void sendAway(WatchedService one) throws IOException {
    Optional<ProcessHandle> process = process(one);
    if (process.isEmpty()) {
      watched.remove(one.name());
      mesh = mesh.without(one.name());
      write();
      writePlan();
      record();
      told.accept(one.name() + " is gone");
    } else if (one.isDue()) {
      if (one.ending) {
        process.get().destroyForcibly();
      } else {
        process.get().destroy();
        one.ending = true;
      }
      one.due = Instant.now().plus(GRACE);
    }
  }

  /** How the services are started, and where the orchestrator finds them. */
  private void writePlan() throws IOException {
    List<ServicePlan> services = watched.values().stream().map(one -> one.plan).toList();
    MeshPlan plan = new MeshPlan(mesh.mode(), mesh.checkpoint(), mesh.host(), mesh.tls(), services);
    run.write(plan);
    Set<String> leaving =
        watched.values().stream()
            .filter(one -> one.state == State.LEAVING)
            .map(WatchedService::name)
            .collect(Collectors.toSet());
    AddressFiles.write(run, plan.near(), services, leaving);
  }

  private void write() throws IOException {
    if (!written.isSame(mesh)) {
      run.write(mesh);
      written = mesh;
    }
  }

  private void noteIfReady(WatchedService one) throws IOException {
    if (HealthProbe.isServing(mesh, mesh.service(one.name()))) {
      one.state = State.RUNNING;
      record();
      told.accept(
          String.format(
              Locale.ROOT,
              "%s is ready%s after %.1f s",
              one.name(),
              one.restarts > 0 ? " again" : "",
              one.age().toMillis() / 1e3));
    }
  }

  private void record() throws IOException {
    Map<String, Restarts> all = new TreeMap<>();
    watched.forEach((name, one) -> {
      if (one.restarts > 0 || one.deaths > 0 || one.state == State.LEAVING) {
        all.put(name, one.told());
      }
    });
    run.write(RunFolder.thisProcess(all));
  }
}
