// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.proto.mesh.v1.Condition;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** Language models of which one is slower than the other, for a while. */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class UnevenReplicasTest {
  private static final int MOST_ROUNDS = 60;

  /** Much beside what any answer takes, and less than what a replica is given up for. */
  private static final int LATE_MILLIS = 1_000;

  private final Crowd crowd = new Crowd();

  private static Condition condition(FaultyMesh mesh, FaultyReplica one) throws Exception {
    return mesh.seen(one).orElseThrow().getCondition();
  }

  private static long calls(FaultyMesh mesh, FaultyReplica one) throws Exception {
    return mesh.seen(one).orElseThrow().getCalls();
  }

  /** On a machine with more to do than this, the others are slow, too. */
  @Test
  @EnabledIfSystemProperty(named = "owl.failures", matches = "all")
  void whoIsSlowBesideTheOthersIsEjectedAndComesBackWhenItIsWell(@TempDir Path folder)
      throws Exception {
    try (Traces traces = new Traces();
        FaultyMesh mesh =
            new FaultyMesh(folder, traces, Map.of("OWL_FIRST_TOKEN_TIMEOUT", "20S"))) {
      FaultyReplica slow = mesh.replicas("llm").getFirst();
      slow.relay().delay(LATE_MILLIS);

      int rounds = 0;
      while (condition(mesh, slow) != Condition.CONDITION_EJECTED && rounds++ < MOST_ROUNDS) {
        crowd.ask(mesh);
      }
      assertThat(condition(mesh, slow)).isEqualTo(Condition.CONDITION_EJECTED);
      long before = calls(mesh, slow);
      crowd.ask(mesh);
      assertThat(calls(mesh, slow)).isEqualTo(before);
      assertThat(mesh.log()).contains("is slow beside the others");

      slow.relay().set(Relay.Mode.PASS);
      mesh.await(slow, seen -> seen.getCondition() == Condition.CONDITION_SERVING);
      for (rounds = 0; calls(mesh, slow) == before && rounds < MOST_ROUNDS; rounds++) {
        crowd.ask(mesh);
      }
      assertThat(calls(mesh, slow)).isGreaterThan(before);
    }
  }

  @Test
  void whoBeginsIsGivenLessThanTheOthersAtFirst(@TempDir Path folder) throws Exception {
    try (Traces traces = new Traces();
        FaultyMesh mesh = new FaultyMesh(folder, traces, Map.of("OWL_SLOW_START", "60S"))) {
      FaultyReplica fresh = mesh.replicas("llm").getFirst();
      FaultyReplica old = mesh.replicas("llm").getLast();
      crowd.ask(mesh);
      TimeUnit.SECONDS.sleep(10);

      mesh.restart(fresh);
      int coldest = mesh.seen(fresh).orElseThrow().getWarmPercent();
      assertThat(coldest).isLessThan(mesh.seen(old).orElseThrow().getWarmPercent());
      long ofFresh = calls(mesh, fresh);
      long ofOld = calls(mesh, old);
      for (int round = 0; round < 10; round++) {
        crowd.ask(mesh);
      }

      assertThat(calls(mesh, fresh) - ofFresh).isLessThan(calls(mesh, old) - ofOld);
      mesh.await(fresh, seen -> seen.getWarmPercent() > coldest);
    }
  }
}
