// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.owlmesh.client.MeshClient;
import io.owlmesh.launcher.Health;
import io.owlmesh.proto.chat.v1.Message;
import io.owlmesh.proto.chat.v1.MessageState;
import io.owlmesh.proto.mesh.v1.Condition;
import io.owlmesh.proto.mesh.v1.Replica;
import io.owlmesh.proto.mesh.v1.Stage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Replicas end while clients talk, and no client notices. {@code -Dowl.kill.replicas} says for how
 * many seconds they are killed, and {@code -Dowl.kill.pause} after how many milliseconds.
 */
@Timeout(value = 15, unit = TimeUnit.MINUTES)
class ReplicaLossTest {
  private static final Duration KILLING =
      Duration.ofSeconds(Integer.getInteger("owl.kill.replicas", 20));
  private static final Duration PAUSE =
      Duration.ofMillis(Integer.getInteger("owl.kill.pause", 2_000));
  private static final int CLIENTS = 4;

  private final Album album = new Album();
  private final List<Talker> talkers =
      LongStream.range(0, CLIENTS).mapToObj(seed -> new Talker(seed, album)).toList();
  private Processes mesh;
  private ManagedChannel door;
  private MeshClient view;
  private Audit audit;

  @BeforeEach
  void start(@TempDir Path folder) throws Exception {
    Path data = Files.createDirectories(folder.resolve("data"));
    Map<String, String> settings =
        Map.of("OWL_DATA", data.toString(), "OWL_HEALTH_INTERVAL", "0.2S");
    mesh =
        Processes.mesh(
                folder,
                Processes.TINY_CHECKPOINT,
                settings,
                Map.of("vision", 2, "abstractor", 2, "llm", 3))
            .start();
    door = mesh.connect("orchestrator");
    view = new MeshClient(mesh.address("orchestrator"));
    audit = new Audit(talkers, album, data.resolve("images"));
  }

  @AfterEach
  void stop() {
    view.close();
    door.shutdownNow();
    mesh.close();
  }

  /** What is done to replicas while clients talk. */
  private interface Disturbance {
    void run() throws Exception;
  }

  private void talkDuring(Disturbance disturbance) throws Exception {
    AtomicBoolean enough = new AtomicBoolean();
    List<CompletableFuture<Void>> ends =
        talkers.stream()
            .map(one ->
                CompletableFuture.runAsync(
                    () -> one.talkUntil(enough::get, door), Thread::startVirtualThread))
            .toList();
    try {
      disturbance.run();
    } finally {
      enough.set(true);
    }
    for (CompletableFuture<Void> end : ends) {
      end.get(60, TimeUnit.SECONDS);
    }
    for (Talker talker : talkers) {
      List<Asked> turns = talker.sessions.stream().flatMap(one -> one.turns.stream()).toList();
      assertThat(turns).isNotEmpty();
      assertThat(turns)
          .allSatisfy(turn ->
              assertThat(turn.done())
                  .isNotNull()
                  .extracting(Message::getState)
                  .isEqualTo(MessageState.MESSAGE_STATE_COMPLETE));
    }
    audit.check(door);
    System.out.printf(
        "%d answers, %d of them moved%n",
        talkers.stream().flatMap(one -> one.sessions.stream()).mapToInt(o -> o.turns.size()).sum(),
        view.state().getReplicasList().stream().mapToLong(Replica::getMoved).sum());
  }

  private long serving() throws Exception {
    return view.state().getReplicasList().stream()
        .filter(one -> one.getStage() == Stage.STAGE_LLM)
        .filter(one -> one.getCondition() == Condition.CONDITION_SERVING)
        .count();
  }

  @Test
  void languageModelsThatAreKilledOneAfterTheOtherLoseNothing() throws Exception {
    List<String> replicas = List.of("llm", "llm-2", "llm-3");
    talkDuring(() -> {
      long end = System.nanoTime() + KILLING.toNanos();
      for (int next = 0; System.nanoTime() < end; next++) {
        TimeUnit.NANOSECONDS.sleep(PAUSE.toNanos());
        String victim = replicas.get(next % replicas.size());
        mesh.await(victim, Health.SERVING);
        while (serving() < 2) {
          TimeUnit.MILLISECONDS.sleep(20);
        }
        mesh.kill(victim);
        mesh.start(victim, Map.of());
      }
    });
  }
}
