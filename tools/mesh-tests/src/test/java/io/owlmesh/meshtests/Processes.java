// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.fail;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.owlmesh.client.Address;
import io.owlmesh.launcher.ChildGuard;
import io.owlmesh.launcher.Health;
import io.owlmesh.launcher.HealthProbe;
import io.owlmesh.launcher.LocalAuthority;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.launcher.MeshOptions;
import io.owlmesh.launcher.MeshPlan;
import io.owlmesh.launcher.MeshPorts;
import io.owlmesh.launcher.Replicas;
import io.owlmesh.launcher.RunFolder;
import io.owlmesh.launcher.ServicePlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** The processes of one mesh, each to be started, killed and started again. */
final class Processes implements AutoCloseable {
  static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();
  static final Path TINY = ROOT.resolve("lib/model/src/test/resources/owl-tiny");
  static final Path TINY_CHECKPOINT = TINY.resolve("checkpoints/safetensors");

  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final Duration PATIENCE = Duration.ofMillis(500);

  private final Path logs;
  private final PortBlock ports;
  private final Map<String, ServicePlan> plans = new LinkedHashMap<>();
  private final Map<String, Process> running = new LinkedHashMap<>();

  private final Optional<Path> tls;

  private Processes(Path logs, MeshPlan plan, PortBlock ports) {
    this.logs = logs;
    this.ports = ports;
    this.tls = plan.tls();
    plan.services().forEach(service -> plans.put(service.name(), service));
  }

  /** A mesh on free ports; nothing runs yet. */
  static Processes mesh(Path logs, Path checkpoint, Map<String, String> settings) throws Exception {
    return mesh(logs, checkpoint, settings, Map.of());
  }

  /** The same with certificates of a local authority. */
  static Processes encrypted(Path logs, Path checkpoint, Path tls) throws Exception {
    return encrypted(logs, checkpoint, tls, Map.of());
  }

  static Processes encrypted(Path logs, Path checkpoint, Path tls, Map<String, String> settings)
      throws Exception {
    return planned(logs, false, checkpoint, Optional.of(tls), settings, Map.of());
  }

  /** The same with so many processes of stages, named as {@code llm}, {@code llm-2}. */
  static Processes mesh(
      Path logs, Path checkpoint, Map<String, String> settings, Map<String, Integer> replicas)
      throws Exception {
    return planned(logs, false, checkpoint, Optional.empty(), settings, replicas);
  }

  /** The same in one process, which is named "fused". */
  static Processes fused(Path logs, Path checkpoint, Map<String, String> settings)
      throws Exception {
    return planned(logs, true, checkpoint, Optional.empty(), settings, Map.of());
  }

  private static Processes planned(
      Path logs,
      boolean fused,
      Path checkpoint,
      Optional<Path> tls,
      Map<String, String> settings,
      Map<String, Integer> replicas)
      throws IOException, MeshException {
    Map<String, String> all = new TreeMap<>(settings);
    all.putIfAbsent("OWL_DATA", logs.resolve("data").toString());
    PortBlock ports = PortBlock.free();
    MeshPorts free = new MeshPorts(ports.base(), OptionalInt.empty());
    MeshOptions options = new MeshOptions(fused, checkpoint, "127.0.0.1", free, tls, all);
    RunFolder run = new RunFolder(logs);
    MeshPlan plan = MeshPlan.of(ROOT, options, new Replicas(replicas), run);
    plan.writeAddresses(run);
    return new Processes(logs, plan, ports);
  }

  /** Adds another process of a service, on ports of its own; nothing runs yet. */
  Processes add(String service, String name) throws IOException {
    ServicePlan first = plan(service);
    int port = ports.more();
    int http = ports.more();
    Map<String, String> environment = new TreeMap<>(first.environment());
    environment.put("OWL_PORT", Integer.toString(port));
    environment.put("OWL_HTTP_PORT", Integer.toString(http));
    environment.put("OWL_MANAGEMENT_PORT", Integer.toString(ports.more()));
    plans.put(
        name, new ServicePlan(name, first.command(), port, OptionalInt.of(http), environment));
    return this;
  }

  /** Starts every service and waits until all are ready. */
  Processes start() throws Exception {
    for (String name : plans.keySet()) {
      start(name, Map.of());
    }
    for (String name : plans.keySet()) {
      await(name, Health.SERVING);
    }
    return this;
  }

  /** Starts a service without waiting. */
  void start(String name, Map<String, String> settings) throws IOException {
    start(name, settings, List.of());
  }

  /**
   * The same in another place.
   *
   * @param prefix of the command
   */
  void start(String name, Map<String, String> settings, List<String> prefix) throws IOException {
    ServicePlan plan = plan(name);
    List<String> command = new ArrayList<>(prefix);
    command.addAll(plan.command());
    ProcessBuilder builder = new ProcessBuilder(command);
    // A process that lives for seconds is ready a third sooner if nothing is compiled twice.
    builder.environment().put("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1");
    builder.environment().putAll(plan.environment());
    builder.environment().putAll(settings);
    builder.redirectErrorStream(true).redirectOutput(log(name).toFile());
    Process process = builder.start();
    ChildGuard.over(process.toHandle());
    running.put(name, process);
  }

  private ServicePlan plan(String name) {
    return Objects.requireNonNull(plans.get(name), name);
  }

  private Path log(String name) {
    return logs.resolve(name + ".log");
  }

  String logOf(String name) throws IOException {
    return Files.readString(log(name));
  }

  /** Waits until a service says that of itself. */
  void await(String name, Health wanted) throws Exception {
    long end = System.nanoTime() + LIMIT.toNanos();
    try (HealthProbe probe = new HealthProbe(address(name))) {
      while (probe.check(PATIENCE) != wanted) {
        if (System.nanoTime() > end || !process(name).isAlive()) {
          fail("%s is not %s; its log:%n%s", name, wanted, logOf(name));
        }
        TimeUnit.MILLISECONDS.sleep(50);
      }
    }
  }

  /** Waits until the process is over; its exit code. */
  int awaitExit(String name) throws InterruptedException {
    Process process = process(name);
    if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
      fail("%s still runs", name);
    }
    return process.exitValue();
  }

  /** As the kernel does it when memory is short. */
  void kill(String name) throws InterruptedException {
    process(name).destroyForcibly().waitFor();
  }

  /** As an operator or a cluster ends it. */
  void terminate(String name) {
    process(name).destroy();
  }

  /** Stops a process without ending it, or lets it go on. */
  void pause(String name, boolean paused) throws Exception {
    Commands.run(
        logs,
        Map.of(),
        List.of("kill", paused ? "-STOP" : "-CONT", Long.toString(process(name).pid())));
  }

  boolean isAlive(String name) {
    return process(name).isAlive();
  }

  /** Memory that a service holds after a collection, KiB. */
  long resident(String name) throws Exception {
    long pid = process(name).pid();
    Path jcmd = Path.of(System.getProperty("java.home"), "bin/jcmd");
    Commands.run(logs, Map.of(), List.of(jcmd.toString(), Long.toString(pid), "GC.run"));
    return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .sum();
  }

  private Process process(String name) {
    return Objects.requireNonNull(running.get(name), name);
  }

  Address address(String name) {
    return new Address(
        "127.0.0.1", plan(name).port(), tls.map(folder -> folder.resolve(LocalAuthority.OPERATOR)));
  }

  /** Where the front door answers HTTP, for example {@code http://127.0.0.1:9080}. */
  String http(String name) {
    return (tls.isPresent() ? "https" : "http")
        + "://127.0.0.1:"
        + plan(name).httpPort().orElseThrow();
  }

  /** Where a service tells metrics and probes, if {@code OWL_MANAGEMENT} is set. */
  String management(String name) {
    return "127.0.0.1:" + plan(name).environment().get("OWL_MANAGEMENT_PORT");
  }

  /** A plain channel, as any gRPC client would open it. */
  ManagedChannel connect(String name) {
    return NettyChannelBuilder.forAddress("127.0.0.1", plan(name).port()).usePlaintext().build();
  }

  @Override
  public void close() {
    running.values().forEach(Process::destroy);
    for (Process process : running.values()) {
      try {
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
          process.destroyForcibly();
        }
      } catch (InterruptedException e) {
        process.destroyForcibly();
        Thread.currentThread().interrupt();
      }
    }
  }
}
