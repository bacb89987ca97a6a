// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import io.owlmesh.client.Address;
import io.owlmesh.core.FileTree;
import io.owlmesh.launcher.ChildGuard;
import io.owlmesh.launcher.Health;
import io.owlmesh.launcher.HealthProbe;
import io.owlmesh.launcher.Memory;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.launcher.MeshOptions;
import io.owlmesh.launcher.MeshPlan;
import io.owlmesh.launcher.MeshPorts;
import io.owlmesh.launcher.ServicePlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;

/** An orchestrator in a process of its own, with stages from elsewhere and data of its own. */
final class LoneOrchestrator implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(60);
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final Path folder;
  private final Process process;
  private final Address address;

  private LoneOrchestrator(Path folder, Process process, Address address) {
    this.folder = folder;
    this.process = process;
    this.address = address;
  }

  /**
   * Starts one and waits until it is ready.
   *
   * @param home the root of the checkout
   * @param answers how many it may have in work
   */
  static LoneOrchestrator start(Path home, Address stages, int answers)
      throws IOException, MeshException, InterruptedException {
    return start(home, stages, answers, Map.of());
  }

  /**
   * The same.
   *
   * @param more settings, which go before others
   */
  static LoneOrchestrator start(Path home, Address stages, int answers, Map<String, String> more)
      throws IOException, MeshException, InterruptedException {
    Path folder = Files.createTempDirectory("owl-bench");
    Map<String, String> settings =
        Map.of(
            "OWL_DATA", folder.resolve("data").toString(),
            "OWL_MAX_ANSWERS", Integer.toString(answers),
            "OWL_MAX_STAGE_CALLS", Integer.toString(answers));
    MeshOptions options =
        new MeshOptions(
            false, folder, "127.0.0.1", new MeshPorts(0, OptionalInt.empty()), settings);
    ServicePlan plan = MeshPlan.orchestrator(home, options, List.of(stages, stages, stages));
    ProcessBuilder builder = new ProcessBuilder(plan.command());
    builder.environment().putAll(plan.environment());
    builder.environment().putAll(more);
    builder.redirectErrorStream(true).redirectOutput(folder.resolve("log").toFile());
    Process process = builder.start();
    ChildGuard.over(process.toHandle());
    LoneOrchestrator started =
        new LoneOrchestrator(folder, process, new Address("127.0.0.1", plan.port()));
    try {
      started.awaitReady();
      return started;
    } catch (MeshException | InterruptedException failed) {
      started.close();
      throw failed;
    }
  }

  private void awaitReady() throws MeshException, InterruptedException {
    long end = System.nanoTime() + START.toNanos();
    try (HealthProbe probe = new HealthProbe(address)) {
      while (probe.check(PATIENCE) != Health.SERVING) {
        if (!process.isAlive() || System.nanoTime() > end) {
          throw new MeshException("The orchestrator does not become ready. Its log: " + log());
        }
        Thread.sleep(100);
      }
    }
  }

  private String log() {
    try {
      return Files.readString(folder.resolve("log"));
    } catch (IOException unreadable) {
      return unreadable.toString();
    }
  }

  Address address() {
    return address;
  }

  long memoryMib() {
    return Memory.proportional(process.pid()).orElse(0);
  }

  /** Of all threads since the start. */
  Duration cpu() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
      FileTree.delete(folder);
    } catch (InterruptedException interrupted) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    } catch (IOException left) {
      // A folder in the place for temporary ones.
    }
  }
}
