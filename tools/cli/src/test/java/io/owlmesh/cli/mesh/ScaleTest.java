// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.cli.OwlCalls;
import io.owlmesh.cli.option.Home;
import io.owlmesh.launcher.ChildGuard;
import io.owlmesh.launcher.MeshStopper;
import io.owlmesh.launcher.RunFolder;
import io.owlmesh.launcher.RunningService;
import io.owlmesh.launcher.TestMesh;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Replicas come and go by command, in a mesh of small services. */
@Timeout(120)
class ScaleTest {
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
      MeshStopper.stop(run.recorded().get().services(), Duration.ofSeconds(10));
    }
  }

  private void watch() throws Exception {
    assertThat(owl.call("up", "--detach")).isZero();
    ChildGuard.over(run.watching().flatMap(RunningService::process).orElseThrow());
  }

  @Test
  void replicasComeAndGo() throws Exception {
    TestMesh.start(run, "orchestrator", "vision", "llm");
    watch();

    assertThat(owl.call("scale", "llm=3,vision=2")).as("%s", owl.err).isZero();
    assertThat(owl.out.toString())
        .containsPattern("llm-2 .*ready after")
        .containsPattern("llm-3 .*ready after")
        .containsPattern("vision-2 .*ready after");
    assertThat(run.recorded().orElseThrow().alive()).hasSize(6);
    assertThat(owl.call("status")).isZero();

    assertThat(owl.call("scale", "llm=1")).isZero();
    assertThat(owl.out.toString())
        .containsPattern("llm-2 .*gone after")
        .containsPattern("llm-3 .*gone after");
    assertThat(run.recorded().orElseThrow().alive())
        .extracting(RunningService::name)
        .containsExactly("orchestrator", "vision", "llm", "vision-2");

    assertThat(owl.call("down")).isZero();
    assertThat(owl.out.toString()).contains("vision-2 stopped");
    assertThat(run.recorded()).isEmpty();
  }

  @Test
  void withoutSomebodyWhoWatchesNobodyStartsReplicas() throws Exception {
    TestMesh.start(run, "orchestrator", "vision", "llm");

    assertThat(owl.call("scale", "llm=2")).isOne();
    assertThat(owl.err.toString()).contains("Nobody watches the mesh");
  }

  @Test
  void aStageThatIsNamedTwiceIsRefused() {
    for (String[] call :
        new String[][] {
          {"scale", "llm=2,vision=2,llm=3"},
          {"scale", "llm=2", "llm=3"},
          {"up", "--replicas", "llm=2", "--replicas", "llm=3"},
          {"up", "--model", "a=x", "--model", "b=y", "--model", "a=z"},
        }) {
      assertThat(owl.call(call)).as(String.join(" ", call)).isEqualTo(2);
      assertThat(owl.err.toString()).containsPattern("'(llm|a)' is given twice");
    }
  }

  @Test
  void allStagesInOneProcessHaveNoReplicas() throws Exception {
    TestMesh.start(run, "fused");

    assertThat(owl.call("scale", "llm=2")).isOne();
    assertThat(owl.err.toString()).contains("All stages of this mesh are in one process");
    assertThat(owl.call("up", "--fused", "--replicas", "llm=2")).isEqualTo(2);
    assertThat(owl.err.toString()).contains("--fused has one process for all stages");
  }

  @Test
  void whatCannotBeIsWrongUsage() {
    assertThat(owl.call("scale", "llm=0")).isEqualTo(2);
    assertThat(owl.err.toString()).contains("llm=0: a stage has 1 to 24 replicas.");
    assertThat(owl.call("scale", "ears=2")).isEqualTo(2);
    assertThat(owl.err.toString()).contains("There is no stage 'ears'");
    assertThat(owl.call("up", "--replicas", "llm=many")).isEqualTo(2);
  }
}
