// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.owlmesh.cli.OwlCalls;
import io.owlmesh.cli.option.Home;
import io.owlmesh.launcher.ChildGuard;
import io.owlmesh.launcher.MeshStopper;
import io.owlmesh.launcher.RunFolder;
import io.owlmesh.launcher.RunningService;
import io.owlmesh.launcher.StartedMesh;
import io.owlmesh.launcher.TestMesh;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The commands around a mesh of two small services, and the process that watches them. */
@Timeout(120)
class RepairTest {
  private static final Duration GRACE = Duration.ofSeconds(10);

  private OwlCalls owl;
  private RunFolder run;

  @BeforeEach
  void useFreshHome(@TempDir Path folder) {
    owl = new OwlCalls(folder);
    run = new Home(folder).run();
  }

  @AfterEach
  void leaveNothingRunning() throws Exception {
    owl.call("down");
    if (run.recorded().isPresent()) {
      MeshStopper.stop(run.recorded().get().services(), GRACE);
    }
  }

  private ProcessHandle supervisor() throws Exception {
    ProcessHandle process = run.watching().flatMap(RunningService::process).orElseThrow();
    ChildGuard.over(process);
    return process;
  }

  private static void kill(ProcessHandle process) {
    process.destroyForcibly();
    process.onExit().join();
  }

  private JsonNode status() throws Exception {
    owl.out.getBuffer().setLength(0);
    owl.call("status", "--json");
    return JsonMapper.builder().build().readTree(owl.out.toString());
  }

  @Test
  void upRepairsAMeshOfWhichAServiceAndWhoWatchesItAreDead() throws Exception {
    StartedMesh mesh = TestMesh.start(run);
    List<Process> services = List.copyOf(mesh.processes().values());
    assertThat(owl.call("status")).isZero();
    assertThat(owl.out.toString()).contains("Nobody starts again what dies");

    assertThat(owl.call("up", "--detach")).isZero();
    ProcessHandle first = supervisor();
    assertThat(owl.out.toString()).contains("All services run; watching them from now on");
    assertThat(status().required("supervisor").asLong()).isEqualTo(first.pid());
    assertThat(owl.call("up", "--detach")).isOne();
    assertThat(owl.err.toString()).contains("A mesh is already up");

    kill(first);
    assertThat(mesh.record().alive()).as("services outlive it").hasSize(2);
    kill(services.getLast().toHandle());
    JsonNode dead = status();
    assertThat(dead.required("supervisor").isNull()).isTrue();
    assertThat(dead.at("/services/1/health").asText()).isEqualTo("down");
    assertThat(dead.at("/services/1/pid").isNull()).isTrue();

    assertThat(owl.call("up", "--detach")).isZero();
    ProcessHandle second = supervisor();
    assertThat(owl.out.toString()).contains("Starting again: ServingService1");
    JsonNode repaired = status();
    assertThat(repaired.at("/services/0/pid").asLong()).isEqualTo(services.getFirst().pid());
    assertThat(repaired.at("/services/1/health").asText()).isEqualTo("serving");
    assertThat(repaired.at("/services/1/restarts").asInt()).isOne();
    assertThat(repaired.at("/services/1/lastEnd").asText()).isEqualTo("ended");

    assertThat(owl.call("down")).isZero();
    assertThat(second.onExit()).succeedsWithin(GRACE);
    assertThat(run.recorded()).isEmpty();
    assertThat(run.watching()).isEmpty();
  }

  @Test
  void upBringsBackAMeshOfWhichEverythingDiedButWhoWatchesIt() throws Exception {
    StartedMesh mesh = TestMesh.start(run);
    assertThat(owl.call("up", "--detach")).isZero();
    ProcessHandle watching = supervisor();
    for (Process service : mesh.processes().values()) {
      kill(service.toHandle());
    }

    assertThat(owl.call("up", "--detach")).isZero();

    assertThat(supervisor()).isEqualTo(watching);
    assertThat(owl.call("status")).isZero();
    assertThat(owl.call("down")).isZero();
    assertThat(owl.out.toString()).contains("ServingService0 stopped", "ServingService1 stopped");
  }

  @Test
  void aRepairGivesServicesNothingNew() throws Exception {
    StartedMesh mesh = TestMesh.start(run);
    kill(List.copyOf(mesh.processes().values()).getFirst().toHandle());

    assertThat(owl.call("up", "--detach", "--fused")).isOne();
    assertThat(owl.err.toString()).contains("A mesh is already up").contains("./owl down");
    assertThat(mesh.record().alive()).hasSize(1);
  }

  @Test
  void statusForProgramsSaysWhenNothingIsUp() throws Exception {
    assertThat(owl.call("status", "--json")).isOne();
    assertThat(status().required("mode").isNull()).isTrue();
    assertThat(status().required("services")).isEmpty();
  }
}
