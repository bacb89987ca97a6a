// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.owlmesh.client.MeshClient;
import io.owlmesh.launcher.Health;
import io.owlmesh.orchestrator.store.PostgresServer;
import io.owlmesh.proto.chat.v1.AnswerOptions;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.proto.chat.v1.CreateSessionRequest;
import io.owlmesh.proto.chat.v1.GetSessionRequest;
import io.owlmesh.proto.chat.v1.Message;
import io.owlmesh.proto.chat.v1.MessageState;
import io.owlmesh.proto.chat.v1.NewMessage;
import io.owlmesh.proto.chat.v1.SendMessageRequest;
import io.owlmesh.proto.mesh.v1.Condition;
import io.owlmesh.proto.mesh.v1.Replica;
import io.owlmesh.proto.mesh.v1.Stage;
import io.owlmesh.proto.mesh.v1.WatchResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three orchestrators over one PostgreSQL, which are killed, or asked to end, while clients talk in
 * the same sessions through all of them. {@code -Dowl.kill.orchestrators} says how often, and
 * {@code -Dowl.kill.pause} after how many milliseconds.
 */
class SeveralOrchestratorsTest {
  private static final List<String> DOORS =
      List.of("orchestrator", "orchestrator-2", "orchestrator-3");
  private static final int KILLS = Integer.getInteger("owl.kill.orchestrators", 3);
  private static final int CLIENTS = 5;
  private static final int SESSIONS = 3;
  private static final int PAUSE_MILLIS = Integer.getInteger("owl.kill.pause", 3_000);

  private static @Nullable PostgresServer server;
  private static String url = "";

  @TempDir Path folder;
  private final Map<String, ManagedChannel> doors = new ConcurrentHashMap<>();
  private final Map<String, String> sessionOf = new ConcurrentHashMap<>();
  private final Map<String, Message> acknowledged = new ConcurrentHashMap<>();
  private final Queue<String> together = new ConcurrentLinkedQueue<>();
  private final Queue<String> cut = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean enough = new AtomicBoolean();

  @BeforeAll
  static void start() throws Exception {
    server = PostgresServer.startIfInstalled();
    url = server.createNext();
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  /** Settings of a mesh over the database. */
  private static Map<String, String> settings(String lease) {
    Map<String, String> settings = new HashMap<>();
    settings.put("OWL_DATABASE", url);
    settings.put("OWL_DATABASE_USER", PostgresServer.USER);
    settings.put("OWL_LEASE", lease);
    settings.put("OWL_HEALTH_INTERVAL", "0.1S");
    return settings;
  }

  /** What is done to processes while clients talk. */
  private interface Disturbance {
    void run() throws Exception;
  }

  private void talkDuring(Processes mesh, Disturbance disturbance) throws Exception {
    DOORS.forEach(door -> doors.put(door, mesh.connect(door)));
    List<String> sessions = new ArrayList<>();
    for (int i = 0; i < SESSIONS; i++) {
      sessions.add(newSession());
    }
    CompletableFuture<?> watch =
        CompletableFuture.runAsync(this::watch, Thread::startVirtualThread);
    List<CompletableFuture<Void>> clients =
        IntStream.range(0, CLIENTS)
            .mapToObj(i ->
                CompletableFuture.runAsync(
                    () -> talk(new Random(i), sessions), Thread::startVirtualThread))
            .toList();
    try {
      disturbance.run();
    } finally {
      enough.set(true);
    }
    clients.forEach(client -> client.orTimeout(90, TimeUnit.SECONDS).join());
    watch.join();
    sessions.forEach(this::check);
    assertThat(together).as("sessions with two answers at a time").isEmpty();
  }

  private String newSession() {
    return chat(DOORS.getFirst())
        .createSession(CreateSessionRequest.getDefaultInstance())
        .getSession()
        .getId();
  }

  @AfterEach
  void disconnect() {
    doors.values().forEach(ManagedChannel::shutdownNow);
  }

  @Test
  @Timeout(value = 10, unit = TimeUnit.MINUTES)
  void whoeverDiesWhatWasAcknowledgedStaysAndEveryAnswerEnds() throws Exception {
    try (Processes mesh = Processes.mesh(folder, Processes.TINY_CHECKPOINT, settings("2S"))) {
      mesh.add("orchestrator", DOORS.get(1)).add("orchestrator", DOORS.get(2)).start();
      Random random = new Random(7);
      talkDuring(
          mesh,
          () -> {
            for (int kill = 0; kill < KILLS; kill++) {
              TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
              String door = DOORS.get(random.nextInt(DOORS.size()));
              mesh.kill(door);
              mesh.start(door, Map.of());
              mesh.await(door, Health.SERVING);
            }
          });
      assertThat(acknowledged).hasSizeGreaterThan(CLIENTS * KILLS);
      System.out.printf("%d answers, %d cut%n", acknowledged.size(), cut.size());
    }
  }

  @Test
  @Timeout(value = 5, unit = TimeUnit.MINUTES)
  void aRollingRestartOfStagesAndOrchestratorsLosesNothingAndCutsNoAnswer() throws Exception {
    Map<String, Integer> two = Map.of("vision", 2, "abstractor", 2, "llm", 2);
    try (Processes mesh = Processes.mesh(folder, Processes.TINY_CHECKPOINT, settings("60S"), two)) {
      mesh.add("orchestrator", DOORS.get(1)).add("orchestrator", DOORS.get(2)).start();
      talkDuring(
          mesh,
          () -> {
            restart(mesh, List.of("vision", "abstractor", "llm", DOORS.get(0)));
            restart(mesh, List.of("vision-2", "abstractor-2", "llm-2", DOORS.get(1)));
            restart(mesh, List.of(DOORS.get(2)));
          });
      assertThat(cut).as("answers that had begun and did not end").isEmpty();
    }
  }

  /** Processes of which there are others, all at a time. */
  private static void restart(Processes mesh, List<String> some) throws Exception {
    some.forEach(mesh::terminate);
    for (String one : some) {
      assertThat(mesh.awaitExit(one)).as(one).isIn(0, 143);
      mesh.start(one, Map.of());
    }
    for (String one : some) {
      mesh.await(one, Health.SERVING);
    }
  }

  @Test
  @Timeout(value = 3, unit = TimeUnit.MINUTES)
  void anOrchestratorThatIsAskedToEndGivesItsLeasesBack() throws Exception {
    Map<String, String> settings = settings("5M");
    settings.put("OWL_DRAIN_TIMEOUT", "0.2S");
    try (Processes mesh = Processes.mesh(folder, Processes.TINY_CHECKPOINT, settings)) {
      mesh.add("orchestrator", DOORS.get(1)).start();
      DOORS.subList(0, 2).forEach(door -> doors.put(door, mesh.connect(door)));
      SendMessageRequest request = question(newSession(), 400);
      var events = chat(DOORS.getFirst()).sendMessage(request);
      while (!events.next().hasText()) {
        // It begins.
      }
      mesh.pause("llm", true);

      mesh.terminate(DOORS.getFirst());

      assertThatThrownBy(() -> events.forEachRemaining(_ -> {}))
          .hasMessageContaining("draining: this orchestrator is stopped");
      assertThat(mesh.awaitExit(DOORS.getFirst())).isIn(0, 143);
      mesh.pause("llm", false);
      Message done = null;
      while (done == null) {
        done = send(DOORS.get(1), request);
      }
      assertThat(done.getState()).isEqualTo(MessageState.MESSAGE_STATE_COMPLETE);
    }
  }

  private ChatGrpc.ChatBlockingStub chat(String door) {
    return ChatGrpc.newBlockingStub(Objects.requireNonNull(doors.get(door)))
        .withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  private void talk(Random random, List<String> sessions) {
    while (!enough.get()) {
      String session = sessions.get(random.nextInt(sessions.size()));
      SendMessageRequest request = question(session, 8 + random.nextInt(120));
      Message done = null;
      while (done == null) {
        done = send(DOORS.get(random.nextInt(DOORS.size())), request);
      }
      sessionOf.put(done.getId(), request.getSessionId());
      acknowledged.put(done.getId(), done);
    }
  }

  @Test
  @Timeout(value = 3, unit = TimeUnit.MINUTES)
  void whatOperatorsSetAtOneOrchestratorHoldsAtAll() throws Exception {
    try (Processes mesh =
        Processes.mesh(folder, Processes.TINY_CHECKPOINT, settings("2S"), Map.of("llm", 2))) {
      mesh.add("orchestrator", DOORS.get(1)).start();
      String second = mesh.address("llm-2").toString();
      try (MeshClient here = new MeshClient(mesh.address(DOORS.getFirst()));
          MeshClient there = new MeshClient(mesh.address(DOORS.get(1)))) {
        here.drain(Stage.STAGE_LLM, second, false);
        here.setCanary(7);
        await(there, state -> condition(state, second) == Condition.CONDITION_DRAINING);
        await(there, state -> state.getCanaryPercent() == 7);
      }

      mesh.kill(DOORS.get(1));
      mesh.start(DOORS.get(1), Map.of());
      mesh.await(DOORS.get(1), Health.SERVING);

      try (MeshClient here = new MeshClient(mesh.address(DOORS.getFirst()));
          MeshClient there = new MeshClient(mesh.address(DOORS.get(1)))) {
        await(there, state -> condition(state, second) == Condition.CONDITION_DRAINING);
        await(there, state -> state.getCanaryPercent() == 7);
        there.resume(Stage.STAGE_LLM, second);
        there.setCanary(0);
        await(here, state -> condition(state, second) == Condition.CONDITION_SERVING);
        await(here, state -> state.getCanaryPercent() == 0);
      }
    }
  }

  private static Condition condition(WatchResponse state, String address) {
    return state.getReplicasList().stream()
        .filter(one -> one.getAddress().equals(address))
        .map(Replica::getCondition)
        .findFirst()
        .orElse(Condition.CONDITION_UNSPECIFIED);
  }

  private static void await(MeshClient view, Predicate<WatchResponse> wanted) throws Exception {
    while (!wanted.test(view.state())) {
      TimeUnit.MILLISECONDS.sleep(50); // Until the test has taken too long.
    }
  }

  private static SendMessageRequest question(String session, int tokens) {
    String id = UUID.randomUUID().toString();
    return SendMessageRequest.newBuilder()
        .setSessionId(session)
        .setRequestId(id)
        .setWait(true)
        .setSay(NewMessage.newBuilder().setText("What is " + id.substring(0, 3) + "?"))
        .setOptions(AnswerOptions.newBuilder().setMaxNewTokens(tokens).setMinNewTokens(tokens))
        .build();
  }

  /** The answer; null if whoever was asked died, or is not there yet. */
  private @Nullable Message send(String door, SendMessageRequest request) {
    Message done = null;
    boolean began = false;
    try {
      var events = chat(door).sendMessage(request);
      while (events.hasNext()) {
        var event = events.next();
        began = began || event.hasText();
        done = event.hasDone() ? event.getDone() : done;
      }
    } catch (StatusRuntimeException e) {
      assertThat(e.getStatus().getCode()).as(e.toString()).isEqualTo(Status.Code.UNAVAILABLE);
      if (began) {
        cut.add(e.toString());
      }
    }
    return done;
  }

  /** Looks again and again for two answers that are written in one session. */
  private void watch() {
    try (Connection database = DriverManager.getConnection(url, PostgresServer.USER, "");
        var query =
            database.prepareStatement(
                "SELECT session_id FROM message WHERE state = 'answering'"
                    + " GROUP BY session_id HAVING count(*) > 1")) {
      while (!enough.get()) {
        try (var found = query.executeQuery()) {
          while (found.next()) {
            together.add(found.getString(1));
          }
        }
        TimeUnit.MILLISECONDS.sleep(10);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Each message follows the one before; all answers have ended as they were told. */
  private void check(String session) {
    List<Message> messages =
        chat(DOORS.getLast())
            .getSession(GetSessionRequest.newBuilder().setSessionId(session).build())
            .getMessagesList();
    for (int i = 1; i < messages.size(); i++) {
      assertThat(messages.get(i).getParentId()).isEqualTo(messages.get(i - 1).getId());
    }
    assertThat(messages)
        .extracting(Message::getState)
        .containsOnly(MessageState.MESSAGE_STATE_COMPLETE);
    assertThat(messages)
        .containsAll(
            acknowledged.values().stream()
                .filter(answer -> session.equals(sessionOf.get(answer.getId())))
                .toList());
  }
}
