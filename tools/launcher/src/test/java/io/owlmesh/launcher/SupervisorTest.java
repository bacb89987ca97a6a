// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.launcher.SupervisorRecord.State;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class SupervisorTest {
  private static final Duration GRACE = Duration.ofSeconds(10);
  private static final RestartPolicy QUICK =
      new RestartPolicy(Duration.ofMillis(10), Duration.ofMillis(40), 2, Duration.ofMinutes(10));

  private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
  private RunFolder run;

  @BeforeEach
  void useFreshFolder(@TempDir Path folder) {
    run = new RunFolder(folder.resolve("run"));
  }

  @AfterEach
  void leaveNothingRunning() throws Exception {
    if (run.recorded().isPresent()) {
      MeshStopper.stop(run.recorded().get().services(), GRACE);
    }
  }

  private StartedMesh start(MeshPlan plan) throws Exception {
    return new MeshStarter(run, Duration.ofSeconds(60), new PrintWriter(new StringWriter()))
        .start(plan, _ -> {});
  }

  private Supervisor supervisor(MeshPlan plan, StartedMesh mesh) {
    Map<String, Process> children = new HashMap<>();
    mesh.processes().forEach((service, process) -> children.put(service.name(), process));
    return new Supervisor(run, plan, mesh.record(), children, QUICK, told::add);
  }

  private static CompletableFuture<Void> watch(Supervisor supervisor) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            supervisor.run();
          } catch (Exception failed) {
            throw new IllegalStateException(failed);
          }
        },
        Thread::startVirtualThread);
  }

  /** The next line with these words in it. */
  private String awaitTold(String words) throws InterruptedException {
    while (true) {
      String line = told.poll(60, TimeUnit.SECONDS);
      assertThat(line).as("a line with: %s", words).isNotNull();
      if (line.contains(words)) {
        return line;
      }
    }
  }

  private static void kill(StartedMesh mesh, int service) throws Exception {
    List.copyOf(mesh.processes().values()).get(service).destroyForcibly().waitFor();
  }

  /** The same plan, whose services end as soon as they are started. */
  private static MeshPlan dying(MeshPlan plan, int... which) throws Exception {
    List<String> command = TestPlans.of(DyingService.class).services().getFirst().command();
    List<ServicePlan> services = new java.util.ArrayList<>(plan.services());
    for (int i : which) {
      ServicePlan one = services.get(i);
      services.set(
          i, new ServicePlan(one.name(), command, one.port(), one.httpPort(), one.environment()));
    }
    return new MeshPlan(plan.mode(), plan.checkpoint(), plan.host(), plan.tls(), services);
  }

  @Test
  void aServiceThatDiesIsStartedAgainAndTheOthersAreLeftAlone() throws Exception {
    MeshPlan plan = TestPlans.of(ServingService.class, ServingService.class);
    StartedMesh mesh = start(plan);
    Supervisor supervisor = supervisor(plan, mesh);
    CompletableFuture<Void> end = watch(supervisor);

    kill(mesh, 1);

    assertThat(awaitTold("ServingService1 ended"))
        .contains("exit code 137")
        .contains("started again in 0.0 s (1 of 2)")
        .contains("ServingService1.log");
    awaitTold("ServingService1 is ready again");
    MeshRecord now = run.recorded().orElseThrow();
    assertThat(now.alive()).hasSize(2);
    assertThat(now.service("ServingService0")).isEqualTo(mesh.record().services().get(0));
    assertThat(now.service("ServingService1").pid())
        .isNotEqualTo(mesh.record().services().get(1).pid());
    assertThat(Files.readString(run.log("ServingService1")))
        .as("the log of the dead one is kept")
        .containsSubsequence("weights from nano", "weights from nano");
    SupervisorRecord.Restarts restarts =
        run.supervisor().orElseThrow().of("ServingService1").orElseThrow();
    assertThat(restarts.state()).isEqualTo(State.RUNNING);
    assertThat(restarts.restarts()).isOne();
    assertThat(run.watching()).hasValueSatisfying(one -> assertThat(one.alive()).isTrue());

    assertThat(supervisor.stop()).isEqualTo(now);
    end.get(10, TimeUnit.SECONDS);
  }

  @Test
  void aServiceThatKeepsDyingIsGivenUpAndTriedAgainWhenSomebodyAsks() throws Exception {
    MeshPlan plan = TestPlans.of(ServingService.class, ServingService.class);
    StartedMesh mesh = start(plan);
    Supervisor supervisor = supervisor(dying(plan, 1), mesh);
    CompletableFuture<Void> end = watch(supervisor);

    kill(mesh, 1);

    assertThat(awaitTold("given up")).contains("died 3 times in a row").contains("exit code 3");
    assertThat(run.supervisor().orElseThrow().of("ServingService1").orElseThrow().state())
        .isEqualTo(State.GIVEN_UP);
    assertThat(run.recorded().orElseThrow().alive())
        .extracting(RunningService::name)
        .containsExactly("ServingService0");

    run.askRetry();

    awaitTold("was started again");
    awaitTold("given up");
    assertThat(run.retryIsAsked()).isFalse();
    supervisor.stop();
    end.get(10, TimeUnit.SECONDS);
  }

  @Test
  void whereEverythingIsGivenUpNobodyWatchesOn() throws Exception {
    MeshPlan plan = TestPlans.of(ServingService.class);
    StartedMesh mesh = start(plan);
    CompletableFuture<Void> end = watch(supervisor(dying(plan, 0), mesh));

    kill(mesh, 0);

    end.get(60, TimeUnit.SECONDS);
    assertThat(told).last().asString().contains("given up");
  }

  @Test
  void servicesThatAnotherProcessStartedAreWatchedAsWell() throws Exception {
    MeshPlan plan = TestPlans.of(ServingService.class);
    StartedMesh mesh = start(plan);
    Supervisor supervisor =
        new Supervisor(run, run.plan(), mesh.record(), Map.of(), QUICK, told::add);
    CompletableFuture<Void> end = watch(supervisor);

    kill(mesh, 0);

    awaitTold("ServingService0 is ready again");
    supervisor.stop();
    end.get(10, TimeUnit.SECONDS);
  }

  @Test
  void afterTheStopNothingIsStarted() throws Exception {
    MeshPlan plan = TestPlans.of(ServingService.class);
    StartedMesh mesh = start(plan);
    Supervisor supervisor = supervisor(plan, mesh);

    supervisor.stop();
    kill(mesh, 0);
    supervisor.run();

    assertThat(run.recorded().orElseThrow().alive()).isEmpty();
    assertThat(told).isEmpty();
  }

  @Test
  void aMeshThatWasTakenDownIsNotStartedAgain() throws Exception {
    MeshPlan plan = TestPlans.of(ServingService.class);
    StartedMesh mesh = start(plan);
    Supervisor supervisor = supervisor(plan, mesh);

    run.forget(mesh.record());
    mesh.stop(GRACE);
    supervisor.run();

    assertThat(told).containsExactly("The mesh was taken down.");
  }

  @Test
  void oneProcessWatchesAMeshAndNoSecond() throws Exception {
    MeshPlan plan = TestPlans.of(ServingService.class);
    StartedMesh mesh = start(plan);

    try (RunFolder.Held _ = run.holdSupervision()) {
      assertThatThrownBy(supervisor(plan, mesh)::run)
          .isInstanceOf(MeshException.class)
          .hasMessageContaining("Another process watches the mesh");
    }
  }

  @Test
  void waitsDoubleUpToTheLongest() {
    RestartPolicy policy = RestartPolicy.DEFAULT;

    assertThat(policy.delay(1)).hasSeconds(1);
    assertThat(policy.delay(2)).hasSeconds(2);
    assertThat(policy.delay(5)).hasSeconds(16);
    assertThat(policy.delay(7)).hasSeconds(60);
    assertThat(policy.delay(1_000_000)).hasSeconds(60);
  }

  @Test
  void aPlanReadsAsItWasWrittenWithoutItsSecrets() throws Exception {
    MeshPlan plan = TestPlans.withPage(TestPlans.of(ServingService.class), 9080);
    Map<String, String> inherited =
        Map.of(
            "OWL_DATABASE", "jdbc:x",
            "OWL_DATABASE_PASSWORD", "geheim",
            "OWL_DEFAULT_NEW_TOKENS", "7",
            "HOME", "/root");

    String json = PlanFile.toJson(plan, inherited);

    assertThat(json).contains("OWL_DATABASE_PASSWORD").doesNotContain("geheim", "/root\"");
    assertThatThrownBy(() -> PlanFile.requireSecrets(json, Map.of()))
        .isInstanceOf(MeshException.class)
        .hasMessageContaining("OWL_DATABASE_PASSWORD was set");
    PlanFile.requireSecrets(json, Map.of("OWL_DATABASE_PASSWORD", "geheim"));
    MeshPlan read = PlanFile.fromJson(json);
    ServicePlan service = plan.services().getFirst();
    Map<String, String> all = new HashMap<>(service.environment());
    all.put("OWL_DATABASE", "jdbc:x");
    all.put("OWL_DEFAULT_NEW_TOKENS", "7");
    assertThat(read.services())
        .containsExactly(
            new ServicePlan(
                service.name(), service.command(), service.port(), service.httpPort(), all));
    assertThat(read.checkpoint()).isEqualTo(plan.checkpoint());
  }

  @Test
  void whatIsKeptAboutAMeshIsForItsOwnerAlone() throws Exception {
    start(TestPlans.of(ServingService.class));

    for (String file : List.of("mesh.json", "plan.json", "ServingService0.log")) {
      assertThat(Files.getPosixFilePermissions(run.folder().resolve(file)))
          .containsExactlyInAnyOrder(
              PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
    }
  }
}
