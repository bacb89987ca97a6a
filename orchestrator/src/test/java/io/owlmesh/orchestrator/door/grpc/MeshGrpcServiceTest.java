// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.owlmesh.orchestrator.pipeline.FakeMesh;
import io.owlmesh.proto.mesh.v1.Condition;
import io.owlmesh.proto.mesh.v1.DrainRequest;
import io.owlmesh.proto.mesh.v1.ListDecisionsRequest;
import io.owlmesh.proto.mesh.v1.ListDecisionsResponse;
import io.owlmesh.proto.mesh.v1.MeshGrpc;
import io.owlmesh.proto.mesh.v1.Replica;
import io.owlmesh.proto.mesh.v1.ResumeRequest;
import io.owlmesh.proto.mesh.v1.SetCanaryRequest;
import io.owlmesh.proto.mesh.v1.Stage;
import io.owlmesh.proto.mesh.v1.WatchRequest;
import io.owlmesh.proto.mesh.v1.WatchResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class MeshGrpcServiceTest {
  private FakeMesh mesh;
  private GrpcDoor door;
  private final List<Context.CancellableContext> watches = new ArrayList<>();

  @BeforeEach
  void open(@TempDir Path folder, TestInfo test) throws Exception {
    mesh = new FakeMesh("operators-" + test.getTestMethod().orElseThrow().getName(), Map.of());
    door = new GrpcDoor(folder, mesh);
  }

  @AfterEach
  void close() {
    watches.forEach(watch -> watch.cancel(null));
    door.close();
    mesh.close();
  }

  private MeshGrpc.MeshBlockingStub operator() {
    return MeshGrpc.newBlockingStub(door.channel).withDeadlineAfter(30, TimeUnit.SECONDS);
  }

  private Iterator<WatchResponse> watch() {
    Context.CancellableContext life = Context.current().withCancellation();
    watches.add(life);
    Context outer = life.attach();
    try {
      return operator().watch(WatchRequest.getDefaultInstance());
    } finally {
      life.detach(outer);
    }
  }

  private static Condition condition(WatchResponse state, Stage stage) {
    return state.getReplicasList().stream()
        .filter(replica -> replica.getStage() == stage)
        .map(Replica::getCondition)
        .findFirst()
        .orElseThrow();
  }

  private String address() {
    return mesh.settings.llm();
  }

  private Status.Code refused(DrainRequest request) {
    return catchThrowableOfType(StatusRuntimeException.class, () -> operator().drain(request))
        .getStatus()
        .getCode();
  }

  @Test
  void theWholeStateIsToldAtOnce() {
    WatchResponse state = watch().next();

    assertThat(state.getReplicasList())
        .extracting(Replica::getStage)
        .containsExactly(Stage.STAGE_VISION, Stage.STAGE_ABSTRACTOR, Stage.STAGE_LLM);
    assertThat(state.getReplicasList())
        .allMatch(replica -> replica.getCondition() == Condition.CONDITION_SERVING)
        .allMatch(replica -> replica.getAddress().equals(address()));
    assertThat(state.getReplicasList())
        .extracting(Replica::getDigest)
        .containsExactly("V", "A", "L");
  }

  @Test
  void theLastReplicaIsTakenOutOnlyIfThatIsForcedAndComesBack() {
    DrainRequest.Builder drain =
        DrainRequest.newBuilder().setStage(Stage.STAGE_LLM).setAddress(address());
    assertThat(refused(drain.build())).isEqualTo(Status.Code.FAILED_PRECONDITION);
    Iterator<WatchResponse> states = watch();

    operator().drain(drain.setForce(true).build());
    await(states, Condition.CONDITION_DRAINING);
    assertThat(mesh.operations.missing())
        .containsExactly("llm " + address() + ": it was taken out by hand");

    operator()
        .resume(ResumeRequest.newBuilder().setStage(Stage.STAGE_LLM).setAddress(address()).build());
    await(states, Condition.CONDITION_SERVING);
  }

  private static void await(Iterator<WatchResponse> states, Condition condition) {
    while (condition(states.next(), Stage.STAGE_LLM) != condition) {
      // The next one, then.
    }
  }

  @Test
  void theLatestChoicesOfReplicasAreToldWithTheirReasons() throws Exception {
    while (!mesh.serving()) {
      TimeUnit.MILLISECONDS.sleep(20);
    }

    ListDecisionsResponse all = operator().listDecisions(ListDecisionsRequest.getDefaultInstance());

    assertThat(all.getDecisionsList())
        .anySatisfy(decision -> {
          assertThat(decision.getStage()).isEqualTo(Stage.STAGE_LLM);
          assertThat(decision.getReplica()).isEqualTo(address());
          assertThat(decision.getReason()).isNotEmpty();
          assertThat(decision.getConsideredList()).hasSize(1);
        });
    assertThat(
            operator()
                .listDecisions(ListDecisionsRequest.newBuilder().setLimit(1).build())
                .getDecisionsCount())
        .isEqualTo(1);
    for (int limit : new int[] {0, 257}) {
      assertThat(
              catchThrowableOfType(
                  StatusRuntimeException.class,
                  () ->
                      operator()
                          .listDecisions(
                              ListDecisionsRequest.newBuilder().setLimit(limit).build())))
          .hasMessageContaining("limit");
    }
  }

  @Test
  void whatIsNotThereIsNamed() {
    assertThat(
            refused(
                DrainRequest.newBuilder()
                    .setStage(Stage.STAGE_LLM)
                    .setAddress("elsewhere:1")
                    .build()))
        .isEqualTo(Status.Code.NOT_FOUND);
    assertThat(refused(DrainRequest.getDefaultInstance())).isEqualTo(Status.Code.INVALID_ARGUMENT);
  }

  @Test
  void theCanarysShareIsKeptAndBounded() {
    operator().setCanary(SetCanaryRequest.newBuilder().setPercent(5).build());
    assertThat(watch().next().getCanaryPercent()).isEqualTo(5);

    assertThat(
            catchThrowableOfType(
                    StatusRuntimeException.class,
                    () ->
                        operator().setCanary(SetCanaryRequest.newBuilder().setPercent(-1).build()))
                .getStatus()
                .getCode())
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
  }

  @Test
  void whyACanaryWasEndedIsToldToWhoeverWatches() {
    operator().setCanary(SetCanaryRequest.newBuilder().setPercent(5).build());

    operator().setCanary(SetCanaryRequest.newBuilder().setEnded("it knew less").build());

    assertThat(watch().next().getCanaryEnded()).isEqualTo("it knew less");
    for (SetCanaryRequest wrong :
        List.of(
            SetCanaryRequest.newBuilder().setPercent(5).setEnded("and goes on").build(),
            SetCanaryRequest.newBuilder().setEnded("x".repeat(251)).build())) {
      assertThat(
              catchThrowableOfType(StatusRuntimeException.class, () -> operator().setCanary(wrong)))
          .hasMessageContaining("ended");
    }
  }

  @Test
  void moreWatchersThanAreAllowedAreRefused() {
    for (int i = 0; i < 16; i++) {
      watch().next();
    }

    assertThat(
            catchThrowableOfType(StatusRuntimeException.class, () -> watch().next())
                .getStatus()
                .getCode())
        .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
  }
}
