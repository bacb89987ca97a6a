// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
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
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
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
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three orchestrators over one PostgreSQL, one of which is killed now and then while clients talk
 * in the same sessions through all of them. {@code -Dowl.kill.orchestrators} says how often.
 */
class SeveralOrchestratorsTest {
  private static final List<String> DOORS =
      List.of("orchestrator", "orchestrator-2", "orchestrator-3");
  private static final int KILLS = Integer.getInteger("owl.kill.orchestrators", 3);
  private static final int CLIENTS = 5;
  private static final int SESSIONS = 3;
  private static final int PAUSE_MILLIS = 3_000;

  private static @Nullable PostgresServer server;
  private static String url = "";

  @TempDir Path folder;
  private final Map<String, ManagedChannel> doors = new ConcurrentHashMap<>();
  private final Map<String, String> sessionOf = new ConcurrentHashMap<>();
  private final Map<String, Message> acknowledged = new ConcurrentHashMap<>();
  private final Queue<String> together = new ConcurrentLinkedQueue<>();
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

  @Test
  @Timeout(value = 10, unit = TimeUnit.MINUTES)
  void whoeverDiesWhatWasAcknowledgedStaysAndEveryAnswerEnds() throws Exception {
    Map<String, String> settings =
        Map.of(
            "OWL_DATABASE",
            url,
            "OWL_DATABASE_USER",
            PostgresServer.USER,
            "OWL_LEASE",
            "2S",
            "OWL_HEALTH_INTERVAL",
            "0.1S",
            "JDK_JAVA_OPTIONS",
            "-XX:TieredStopAtLevel=1");
    try (Processes mesh = Processes.mesh(folder, Processes.TINY_CHECKPOINT, settings)) {
      mesh.add("orchestrator", DOORS.get(1)).add("orchestrator", DOORS.get(2)).start();
      DOORS.forEach(door -> doors.put(door, mesh.connect(door)));
      List<String> sessions = new ArrayList<>();
      for (int i = 0; i < SESSIONS; i++) {
        sessions.add(
            chat(DOORS.getFirst())
                .createSession(CreateSessionRequest.getDefaultInstance())
                .getSession()
                .getId());
      }
      CompletableFuture<?> watch =
          CompletableFuture.runAsync(this::watch, Thread::startVirtualThread);
      List<CompletableFuture<Void>> clients =
          IntStream.range(0, CLIENTS)
              .mapToObj(i ->
                  CompletableFuture.runAsync(
                      () -> talk(new Random(i), sessions), Thread::startVirtualThread))
              .toList();
      Random random = new Random(7);
      for (int kill = 0; kill < KILLS; kill++) {
        TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        String door = DOORS.get(random.nextInt(DOORS.size()));
        mesh.kill(door);
        mesh.start(door, Map.of());
        mesh.await(door, Health.SERVING);
      }
      enough.set(true);
      clients.forEach(client -> client.orTimeout(90, TimeUnit.SECONDS).join());
      watch.join();
      sessions.forEach(this::check);
      assertThat(together).as("sessions with two answers at a time").isEmpty();
      assertThat(acknowledged).hasSizeGreaterThan(CLIENTS * KILLS);
    } finally {
      enough.set(true);
      doors.values().forEach(ManagedChannel::shutdownNow);
    }
  }

  private ChatGrpc.ChatBlockingStub chat(String door) {
    return ChatGrpc.newBlockingStub(Objects.requireNonNull(doors.get(door)))
        .withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  private void talk(Random random, List<String> sessions) {
    while (!enough.get()) {
      int tokens = 8 + random.nextInt(120);
      SendMessageRequest request =
          SendMessageRequest.newBuilder()
              .setSessionId(sessions.get(random.nextInt(sessions.size())))
              .setRequestId(UUID.randomUUID().toString())
              .setWait(true)
              .setSay(NewMessage.newBuilder().setText("What is " + random.nextInt(1000) + "?"))
              .setOptions(
                  AnswerOptions.newBuilder().setMaxNewTokens(tokens).setMinNewTokens(tokens))
              .build();
      Message done = null;
      while (done == null) {
        done = send(DOORS.get(random.nextInt(DOORS.size())), request);
      }
      sessionOf.put(done.getId(), request.getSessionId());
      acknowledged.put(done.getId(), done);
    }
  }

  /** The answer; null if whoever was asked died, or is not there yet. */
  private @Nullable Message send(String door, SendMessageRequest request) {
    Message done = null;
    try {
      var events = chat(door).sendMessage(request);
      while (events.hasNext()) {
        var event = events.next();
        done = event.hasDone() ? event.getDone() : done;
      }
    } catch (StatusRuntimeException e) {
      assertThat(e.getStatus().getCode()).as(e.toString()).isEqualTo(Status.Code.UNAVAILABLE);
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
