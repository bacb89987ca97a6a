// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.owlmesh.proto.abstractor.v1.VisualAbstractorGrpc;
import io.owlmesh.proto.abstractor.v1.VisualAbstractorGrpc.VisualAbstractorStub;
import io.owlmesh.proto.stage.v1.AdapterVersion;
import io.owlmesh.proto.stage.v1.AdapterVersions;
import io.owlmesh.proto.stage.v1.Load;
import io.owlmesh.proto.stage.v1.ReplicaState;
import io.owlmesh.proto.stage.v1.WatchRequest;
import io.owlmesh.proto.stage.v1.WatchResponse;
import io.owlmesh.stage.HeldNames.Kind;
import io.owlmesh.wire.Wire;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class StageWatchTest {
  private static final CompletableFuture<Void> LOADED = CompletableFuture.completedFuture(null);

  private HandStage stage;
  private StageServer<HandStage> server;

  @BeforeEach
  void start() throws Exception {
    stage = new HandStage(LOADED);
    server = new StageServer<>(stage, new HandStage.Service(stage, new Items()));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private VisualAbstractorStub stub() {
    return VisualAbstractorGrpc.newStub(server.channel());
  }

  private WatchedReplica watch() {
    return WatchedReplica.of(stub()::watch);
  }

  private static ByteString name(Object name) {
    return ByteString.copyFromUtf8(name.toString());
  }

  @Test
  void theFirstReportIsAllThereIs() throws Exception {
    stage.engine().load = Load.newBuilder().setWaiting(3).setBlocks(7).build();
    stage.held().gained(Kind.CHAIN, name("c"), 32);
    stage.held().gained(Kind.IMAGE, name("i"), 65);
    stage.held().gained(Kind.IMAGE, name("gone"), 65);
    stage.held().lost(Kind.IMAGE, name("gone"));
    try (WatchedReplica watched = watch()) {
      WatchResponse first = watched.next();

      assertThat(first.getSnapshot()).isTrue();
      assertThat(first.getMore()).isFalse();
      assertThat(first.getState()).isEqualTo(ReplicaState.REPLICA_STATE_SERVING);
      assertThat(first.getLoad()).isEqualTo(stage.engine().load);
      assertThat(first.hasAdapters()).isFalse();
      assertThat(first.getInstance()).isNotEmpty();
      assertThat(watched.chains()).containsOnlyKeys("c").containsEntry("c", 32);
      assertThat(watched.images()).containsExactly("i");
      assertThat(first.getImagesLostList()).isEmpty();
    }
  }

  @Test
  void changesFollowAndNothingElseDoes() throws Exception {
    try (WatchedReplica watched = watch()) {
      watched.next();
      stage.held().gained(Kind.CHAIN, name("a"), 16);
      WatchResponse gained = watched.await(report -> report.getChainsGainedCount() > 0);
      stage.held().lost(Kind.CHAIN, name("a"));
      stage.held().lost(Kind.CHAIN, name("never there"));
      WatchResponse lost = watched.await(report -> report.getChainsLostCount() > 0);
      AdapterVersions adapters =
          AdapterVersions.newBuilder()
              .addAdapters(AdapterVersion.newBuilder().setName("x").setDigest("00"))
              .build();
      stage.engine().adapters = Optional.of(adapters);
      WatchResponse adapted = watched.await(WatchResponse::hasAdapters);
      stage.engine().load = Load.newBuilder().setRunning(1).build();
      WatchResponse loaded = watched.await(report -> report.getLoad().getRunning() == 1);

      assertThat(gained.getSnapshot()).isFalse();
      assertThat(lost.getChainsGainedList()).isEmpty();
      assertThat(lost.getChainsLostList()).containsExactly(name("a"));
      assertThat(adapted.getAdapters()).isEqualTo(adapters);
      assertThat(loaded.hasAdapters()).isFalse();
      assertThat(watched.chains()).isEmpty();
    }
  }

  @Test
  void withoutAChangeAReportComesAllTheSame() throws Exception {
    try (WatchedReplica watched = watch()) {
      WatchResponse first = watched.next();

      assertThat(watched.next()).isEqualTo(first.toBuilder().setSnapshot(false).build());
    }
  }

  @Test
  void aLongSnapshotComesInPiecesThatTheReaderCanTellFromChanges() throws Exception {
    for (int i = 0; i < 2500; i++) {
      stage.held().gained(Kind.IMAGE, name(i), 65);
    }
    try (WatchedReplica watched = watch()) {
      List<WatchResponse> reports = new ArrayList<>();
      do {
        reports.add(watched.next());
      } while (reports.getLast().getMore());

      assertThat(reports)
          .extracting(WatchResponse::getImagesGainedCount)
          .containsExactly(1024, 1024, 452);
      assertThat(reports)
          .extracting(WatchResponse::getSnapshot)
          .containsExactly(true, false, false);
      assertThat(watched.images()).hasSize(2500);
    }
  }

  @Test
  void aReaderThatMissedMoreThanIsRememberedHearsAllAgain() throws Exception {
    try (WatchedReplica watched = WatchedReplica.of(stub()::watch, 10_000)) {
      watched.next();
      for (int i = 0; i <= HeldNames.MOST; i++) {
        stage.held().gained(Kind.CHAIN, name(i), 16);
        stage.held().lost(Kind.CHAIN, name(i));
      }
      stage.held().gained(Kind.CHAIN, name("last"), 16);
      stage.watch().stateChanged();

      WatchResponse again = watched.next();

      assertThat(again.getSnapshot()).isTrue();
      assertThat(again.getChainsLostList()).isEmpty();
      assertThat(watched.chains()).containsOnlyKeys("last");
    }
  }

  @Test
  void aReaderThatTakesNothingHoldsUpNoOther() throws Exception {
    try (WatchedReplica slow = WatchedReplica.slowly(stub()::watch);
        WatchedReplica watched = watch()) {
      watched.next();
      for (int i = 0; i < 10; i++) {
        int waiting = i + 1;
        stage.engine().load = Load.newBuilder().setWaiting(waiting).build();
        watched.await(report -> report.getLoad().getWaiting() == waiting);
      }
      slow.request(1);

      assertThat(slow.next().getSnapshot()).isTrue();
    }
  }

  @Test
  void namesBeyondTheLimitAreNotTold() {
    for (int i = 0; i < HeldNames.MOST + 5; i++) {
      stage.held().gained(Kind.IMAGE, name(i), 65);
    }
    stage.held().gained(Kind.CHAIN, name("other"), 16);

    assertThat(stage.held().all().changes()).hasSize(HeldNames.MOST + 1);
  }

  @Test
  void anIntervalOutOfItsBoundsIsRefused() {
    for (int interval : new int[] {19, 10_001, -1}) {
      Status end = WatchedReplica.of(stub()::watch, interval).end();

      assertThat(end.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
      assertThat(end.getDescription()).contains("interval_millis", "20 to 10000");
    }
  }

  @Test
  void watchersBeyondTheLimitAreRefusedUntilOneGoes() throws Exception {
    List<WatchedReplica> all = new ArrayList<>();
    for (int i = 0; i < StageWatch.MAX_WATCHERS; i++) {
      all.add(watch());
      all.getLast().next();
    }

    Status refused = watch().end();
    all.removeFirst().close();
    WatchedReplica next = watch();
    while (next.isRefused()) {
      next = watch();
    }

    assertThat(refused.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(refused.getDescription()).contains("64 watchers");
    all.forEach(WatchedReplica::close);
    next.close();
  }

  @Test
  void anIntervalMayBeLeftOut() throws Exception {
    var reports =
        VisualAbstractorGrpc.newBlockingV2Stub(server.channel())
            .watch(WatchRequest.getDefaultInstance());

    assertThat(reports.read().getSnapshot()).isTrue();
    reports.cancel("enough", null);
  }

  @Test
  void aReplicaThatLoadsSaysSoAndThenServes() throws Exception {
    CompletableFuture<Void> loading = new CompletableFuture<>();
    HandStage late = new HandStage(loading);
    Server listening =
        Wire.tune(
                NettyServerBuilder.forAddress(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)))
            .addService(new HandStage.Service(late, new Items()))
            .build()
            .start();
    ManagedChannel channel = Wire.channel("127.0.0.1", listening.getPort()).build();
    try (WatchedReplica watched = WatchedReplica.of(VisualAbstractorGrpc.newStub(channel)::watch)) {
      ReplicaState first = watched.next().getState();
      loading.complete(null);
      watched.await(report -> report.getState() == ReplicaState.REPLICA_STATE_SERVING);

      assertThat(first).isEqualTo(ReplicaState.REPLICA_STATE_LOADING);
    } finally {
      channel.shutdownNow();
      listening.shutdownNow();
      late.close();
    }
  }
}
