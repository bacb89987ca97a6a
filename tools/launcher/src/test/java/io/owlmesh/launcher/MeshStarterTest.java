// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MeshStarterTest {
  private static final Duration GRACE = Duration.ofSeconds(10);

  private final StringWriter screen = new StringWriter();
  private final AtomicReference<MeshRecord> launched = new AtomicReference<>();
  private RunFolder run;

  @BeforeEach
  void useFreshFolder(@TempDir Path folder) {
    run = new RunFolder(folder.resolve("run"));
  }

  @AfterEach
  void leaveNothingRunning() throws InterruptedException {
    if (launched.get() != null) {
      MeshStopper.stop(launched.get().services(), GRACE);
    }
  }

  @Test
  void startReturnsWhenEveryServiceIsReady() throws Exception {
    StartedMesh mesh = start(TestPlans.of(ServingService.class, ServingService.class));

    for (RunningService service : mesh.record().services()) {
      try (HealthProbe probe = new HealthProbe(mesh.record().address(service))) {
        assertThat(probe.check(GRACE)).isEqualTo(Health.SERVING);
      }
    }
    assertThat(run.recorded()).contains(mesh.record());
    assertThat(mesh.record().readyMillis())
        .containsOnlyKeys("ServingService0", "ServingService1")
        .allSatisfy((_, millis) -> assertThat(millis).isBetween(10L, 60_000L));
    assertThat(screen.toString())
        .contains(mesh.record().frontDoor().toString())
        .contains("ready after");
    assertThat(RunFolder.tail(run.log("ServingService0"), 20)).contains("weights from nano");
  }

  @Test
  void stoppedServicesAreGone() throws Exception {
    StartedMesh mesh = start(TestPlans.of(ServingService.class, ServingService.class));

    assertThat(mesh.stop(GRACE)).isEmpty();
    run.forget(mesh.record());

    assertThat(mesh.record().alive()).isEmpty();
    assertThat(run.recorded()).isEmpty();
  }

  @Test
  void aServiceThatEndsWhileStartingShowsItsLogAndTakesTheOthersAlong() throws Exception {
    MeshPlan plan = TestPlans.of(MuteService.class, DyingService.class);

    assertThatThrownBy(() -> start(plan))
        .isInstanceOf(MeshException.class)
        .hasMessageContaining("DyingService1 ended while starting (exit code 3)")
        .hasMessageContaining("the checkpoint has no vision tower")
        .hasMessageContaining("DyingService1.log");
    assertThat(launched.get().alive()).isEmpty();
    assertThat(run.recorded()).isEmpty();
  }

  @Test
  void aServiceThatIsNotReadyInTimeIsNamedAndStopped() throws Exception {
    MeshPlan plan = TestPlans.of(MuteService.class);

    assertThatThrownBy(() -> start(plan, Duration.ofSeconds(1)))
        .isInstanceOf(MeshException.class)
        .hasMessageContaining("MuteService0 was not ready after 1 s");
    assertThat(launched.get().alive()).isEmpty();
  }

  @Test
  void aTakenPortIsNamedWithTheProcessThatHoldsIt() throws Exception {
    MeshPlan plan = TestPlans.of(ServingService.class);
    int port = plan.services().getFirst().port();

    try (ServerSocket _ = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      assertThatThrownBy(() -> start(plan))
          .isInstanceOf(MeshException.class)
          .hasMessageContaining("Port " + port + ", meant for ServingService0, is taken by")
          .hasMessageContaining("--port-base");
      assertThat(PortHolder.describe(port))
          .hasValueSatisfying(
              holder -> assertThat(holder).contains("process " + ProcessHandle.current().pid()));
    }
    assertThat(run.recorded()).isEmpty();
  }

  @Test
  void aTakenPortOfThePageIsNamedToo() throws Exception {
    MeshPlan plan = TestPlans.of(ServingService.class);

    try (ServerSocket page = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThatThrownBy(() -> start(TestPlans.withPage(plan, page.getLocalPort())))
          .isInstanceOf(MeshException.class)
          .hasMessageContaining(
              "Port " + page.getLocalPort() + ", meant for the page of ServingService0, is taken")
          .hasMessageContaining("--http-port");
    }
  }

  @Test
  void aSecondMeshInTheSameFolderIsRefused() throws Exception {
    StartedMesh first = start(TestPlans.of(ServingService.class));
    MeshPlan second = TestPlans.of(ServingService.class);

    assertThatThrownBy(() -> start(second))
        .isInstanceOf(MeshException.class)
        .hasMessageContaining("already up")
        .hasMessageContaining("./owl down");
    assertThat(first.record().alive()).hasSize(1);
  }

  @Test
  void whatAServiceOfADeadMeshLeftDoesNotStandInTheWay() throws Exception {
    StartedMesh first = start(TestPlans.of(ServingService.class));
    first.stop(GRACE);

    StartedMesh second = start(TestPlans.of(ServingService.class));

    assertThat(run.recorded()).contains(second.record());
  }

  @Test
  void aServiceThatDoesNotEndWhenAskedIsKilled() throws Exception {
    MeshPlan plan = TestPlans.of(StubbornService.class);
    List<Process> processes = List.of(launch(plan));
    RunningService stubborn =
        RunningService.of(plan.services().getFirst(), processes.getFirst(), Path.of("log"));
    // Its hook must be in place before it is asked to end.
    assertThat(processes.getFirst().inputReader().readLine()).isEqualTo("stubborn");

    assertThat(MeshStopper.stop(List.of(stubborn), Duration.ofMillis(300)))
        .containsExactly("StubbornService0");
    assertThat(stubborn.alive()).isFalse();
  }

  private static Process launch(MeshPlan plan) throws Exception {
    return new ProcessBuilder(plan.services().getFirst().command()).start();
  }

  private StartedMesh start(MeshPlan plan) throws Exception {
    return start(plan, Duration.ofSeconds(60));
  }

  private StartedMesh start(MeshPlan plan, Duration limit) throws Exception {
    return new MeshStarter(run, limit, new PrintWriter(screen)).start(plan, launched::set);
  }
}
