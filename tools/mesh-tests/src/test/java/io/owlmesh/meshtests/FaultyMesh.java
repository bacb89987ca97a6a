// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.fail;

import io.grpc.ManagedChannel;
import io.owlmesh.client.MeshClient;
import io.owlmesh.launcher.Health;
import io.owlmesh.proto.mesh.v1.Condition;
import io.owlmesh.proto.mesh.v1.Replica;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** A mesh of two replicas a stage, each behind a network that a test can spoil. */
final class FaultyMesh implements AutoCloseable {
  static final List<String> STAGES = List.of("vision", "abstractor", "llm");

  private static final int REPLICAS = 2;
  private static final long PATIENCE_SECONDS = 30;

  private final Path folder;
  private final Processes processes;
  private final Map<String, List<FaultyReplica>> replicas = new TreeMap<>();
  private final MeshClient view;
  final ManagedChannel door;

  /** Starts it, in a folder of its own. */
  FaultyMesh(Path folder, Traces traces) throws Exception {
    this(folder, traces, Map.of());
  }

  /** As above, with settings beside the usual ones. */
  FaultyMesh(Path folder, Traces traces, Map<String, String> more) throws Exception {
    this.folder = folder;
    Map<String, String> settings = new HashMap<>(traces.settings());
    settings.putAll(
        Map.of(
            "OWL_HELD_IMAGE_BYTES", "0",
            "OWL_HEALTH_INTERVAL", "0.2S",
            "OWL_IMAGE_TIMEOUT", "2S",
            "OWL_FIRST_TOKEN_TIMEOUT", "2S",
            "OWL_TOKEN_TIMEOUT", "2S",
            "OWL_SLOW_START", "0S"));
    settings.putAll(more);
    Map<String, Integer> counts =
        STAGES.stream().collect(Collectors.toMap(stage -> stage, _ -> REPLICAS));
    processes = Processes.mesh(folder, Processes.TINY_CHECKPOINT, settings, counts);
    for (String stage : STAGES) {
      for (String name : names(stage)) {
        processes.start(name, Map.of());
      }
      replace(stage, false);
    }
    processes.start("orchestrator", Map.of());
    for (String stage : STAGES) {
      for (String name : names(stage)) {
        processes.await(name, Health.SERVING);
      }
    }
    processes.await("orchestrator", Health.SERVING);
    door = processes.connect("orchestrator");
    view = new MeshClient(processes.address("orchestrator"));
  }

  private static List<String> names(String stage) {
    return List.of(stage, stage + "-2");
  }

  List<FaultyReplica> replicas(String stage) {
    return Objects.requireNonNull(replicas.get(stage));
  }

  /** Gives a stage's replicas new addresses, which nobody knows anything of, and tells them. */
  private void replace(String stage, boolean lies) throws IOException {
    List<FaultyReplica> old = replicas.getOrDefault(stage, List.of());
    List<FaultyReplica> now = new ArrayList<>();
    for (String name : names(stage)) {
      now.add(FaultyReplica.of(processes, name, lies));
    }
    replicas.put(stage, now);
    Path draft = folder.resolve(stage + ".draft");
    Files.writeString(
        draft, now.stream().map(one -> one.address() + "\n").collect(Collectors.joining()));
    Files.move(draft, folder.resolve(stage + ".addresses"), StandardCopyOption.REPLACE_EXISTING);
    old.forEach(FaultyReplica::close);
  }

  /** The same, and waits until they serve. */
  void refresh(String stage, boolean lies) throws Exception {
    for (FaultyReplica one : replicas(stage)) {
      processes.await(one.process(), Health.SERVING);
    }
    replace(stage, lies);
    for (FaultyReplica one : replicas(stage)) {
      await(one, seen -> seen.getCondition() == Condition.CONDITION_SERVING);
    }
  }

  /** A replica as the orchestrator sees it. */
  Optional<Replica> seen(FaultyReplica one) throws Exception {
    return view.state().getReplicasList().stream()
        .filter(known -> known.getAddress().equals(one.address()))
        .findFirst();
  }

  /** What the orchestrator wrote. */
  String log() throws IOException {
    return processes.logOf("orchestrator");
  }

  /** Ends a replica's process, and starts another in its place, which is waited for. */
  void restart(FaultyReplica one) throws Exception {
    processes.kill(one.process());
    processes.start(one.process(), Map.of());
    processes.await(one.process(), Health.SERVING);
    await(one, seen -> seen.getCondition() == Condition.CONDITION_SERVING);
  }

  /** The replica of a stage that a call is in. */
  FaultyReplica busy(String stage) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (System.nanoTime() < end) {
      for (Replica known : view.state().getReplicasList()) {
        if (known.getOutstanding() > 0) {
          for (FaultyReplica one : replicas(stage)) {
            if (one.address().equals(known.getAddress())) {
              return one;
            }
          }
        }
      }
      TimeUnit.MILLISECONDS.sleep(5);
    }
    return fail("no call came to the stage %s", stage);
  }

  /** Waits until the orchestrator sees it so. */
  void await(FaultyReplica one, Predicate<Replica> wanted) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (seen(one).filter(wanted).isEmpty()) {
      if (System.nanoTime() > end) {
        fail("%s stays%n%s", one.process(), seen(one));
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  @Override
  public void close() {
    door.shutdownNow();
    view.close();
    replicas.values().forEach(stage -> stage.forEach(FaultyReplica::close));
    processes.close();
  }
}
