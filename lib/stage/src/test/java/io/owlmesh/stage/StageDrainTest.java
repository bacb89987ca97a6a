// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.owlmesh.proto.abstractor.v1.VisualAbstractorGrpc;
import io.owlmesh.proto.abstractor.v1.VisualAbstractorGrpc.VisualAbstractorStub;
import io.owlmesh.proto.stage.v1.ReplicaState;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class StageDrainTest {
  private static final Duration LONG = Duration.ofMinutes(5);

  private final Items items = new Items();
  private HandStage stage;
  private StageServer<HandStage> server;

  @BeforeEach
  void start() throws Exception {
    stage = new HandStage(CompletableFuture.completedFuture(null));
    server = new StageServer<>(stage, new HandStage.Service(stage, items));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private VisualAbstractorStub stub() {
    return VisualAbstractorGrpc.newStub(server.channel());
  }

  private CompletableFuture<Void> drain(Duration timeout) {
    StageDrain drain = new StageDrain(List.of(stage), stage.calls(), () -> timeout);
    return CompletableFuture.runAsync(drain::drain);
  }

  private static Status end(TestConversation talk) {
    return Status.fromThrowable(Objects.requireNonNull(talk.failure(), "ended well"));
  }

  private ServingStatus health() {
    return HealthGrpc.newBlockingStub(server.channel())
        .check(HealthCheckRequest.getDefaultInstance())
        .getStatus();
  }

  @Test
  void aDrainingReplicaSaysSoRefusesWhatIsNewAndEndsWhatItHas() throws Exception {
    TestConversation talk = TestConversation.with(stub()).send("a");
    items.awaitBegun(1);
    try (WatchedReplica watched = WatchedReplica.of(stub()::watch)) {
      assertThat(watched.next().getState()).isEqualTo(ReplicaState.REPLICA_STATE_SERVING);
      CompletableFuture<Void> drained = drain(LONG);
      watched.await(report -> report.getState() == ReplicaState.REPLICA_STATE_DRAINING);

      Status refused = end(TestConversation.with(stub()));
      try (WatchedReplica late = WatchedReplica.of(stub()::watch)) {
        assertThat(late.next().getState()).isEqualTo(ReplicaState.REPLICA_STATE_DRAINING);
      }

      assertThat(refused.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(refused.getDescription()).startsWith("draining: ");
      assertThat(health()).isEqualTo(ServingStatus.NOT_SERVING);
      assertThat(stage.ready()).isFalse();
      assertThat(drained).isNotDone();
      talk.send("b");
      items.awaitBegun(2);
      items.answer("a");
      items.answer("b");
      assertThat(talk.next().hasError()).isFalse();
      assertThat(talk.next().hasError()).isFalse();
      talk.complete().awaitEnd();
      assertThat(drained).succeedsWithin(Duration.ofSeconds(20));
    }
  }

  @Test
  void whatStillRunsWhenTheTimeIsUpIsEndedAndItsWorkGivenUp() throws Exception {
    TestConversation talk = TestConversation.with(stub()).send("a");
    items.awaitBegun(1);

    drain(Duration.ofMillis(50)).get(20, TimeUnit.SECONDS);

    Status end = end(talk);
    assertThat(end.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(end.getDescription()).isEqualTo("draining");
    assertThat(items.awaitEnd().status().getCode()).isEqualTo(Status.Code.CANCELLED);
    assertThat(items.item("a")).isCancelled();
  }

  @Test
  void withNothingInWorkThereIsNothingToWaitFor() throws Exception {
    TestConversation talk = TestConversation.with(stub()).send("a");
    items.awaitBegun(1);
    items.answer("a");
    talk.next();
    talk.complete().awaitEnd();
    try (WatchedReplica watched = WatchedReplica.of(stub()::watch)) {
      watched.next();

      drain(LONG).get(20, TimeUnit.SECONDS);
    }
  }
}
