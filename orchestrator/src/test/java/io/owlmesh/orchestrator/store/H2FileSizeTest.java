// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Timestamps;
import io.owlmesh.core.identity.Tenant;
import io.owlmesh.proto.chat.v1.Feedback;
import io.owlmesh.proto.chat.v1.Image;
import io.owlmesh.proto.chat.v1.Message;
import io.owlmesh.proto.chat.v1.MessageState;
import io.owlmesh.proto.chat.v1.Rating;
import io.owlmesh.proto.chat.v1.Role;
import io.owlmesh.proto.chat.v1.Session;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How large the embedded database's file becomes while it serves, and what a crash leaves. */
class H2FileSizeTest {
  private static final int CLIENTS = 4;
  private static final long MEBIBYTE = 1 << 20;

  @TempDir Path folder;

  private static SessionStore open(Path folder) {
    return SessionStore.open(
        "jdbc:h2:file:" + folder.resolve("sessions"),
        Optional.empty(),
        Optional.empty(),
        new DiskImageStore(folder.resolve("images")));
  }

  private long mebibytes() throws IOException {
    return Files.size(folder.resolve("sessions.mv.db")) / MEBIBYTE;
  }

  /** One of those who write at a time. */
  private record Client(SessionStore store) {
    Session create() {
      Session session =
          Session.newBuilder()
              .setId(UUID.randomUUID().toString())
              .setCreatedAt(store.now())
              .setUpdatedAt(store.now())
              .build();
      store.of(Tenant.DEFAULT).create(session);
      return session;
    }

    Message turn(Session session, Image... images) {
      Message question =
          message(Role.ROLE_HUMAN, "")
              .addAllImages(List.of(images))
              .setText("Where is it?")
              .build();
      Message answer =
          message(Role.ROLE_AI, question.getId())
              .setState(MessageState.MESSAGE_STATE_ANSWERING)
              .build();
      TurnLease lease = TurnLease.alone(session.getId());
      String key = UUID.randomUUID().toString();
      store.turns().begin(lease, new Turn(session.getId(), key, "asked", question, answer, true));
      store.turns().save(List.of(new Draft(answer.getId(), lease.fence(), "Right of")));
      Message end =
          answer.toBuilder()
              .setText("Right of the blue square.")
              .setState(MessageState.MESSAGE_STATE_COMPLETE)
              .build();
      store.turns().finish(lease, end);
      return end;
    }

    private Message.Builder message(Role role, String parent) {
      return Message.newBuilder()
          .setId(UUID.randomUUID().toString())
          .setRole(role)
          .setParentId(parent)
          .setState(MessageState.MESSAGE_STATE_COMPLETE)
          .setCreatedAt(store.now());
    }

    void delete(Session session) {
      store.of(Tenant.DEFAULT).delete(session.getId());
    }
  }

  private static void together(SessionStore store, Consumer<Client> work) {
    List<CompletableFuture<Void>> clients = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      clients.add(
          CompletableFuture.runAsync(
              () -> work.accept(new Client(store)), Thread::startVirtualThread));
    }
    clients.forEach(CompletableFuture::join);
  }

  /** Were no garbage collected, it would have 190 MiB. */
  @Test
  void emptySessionsTakeLittleMoreThanTheirData() throws IOException {
    try (SessionStore store = open(folder)) {
      together(
          store,
          client -> {
            for (int i = 0; i < 2_000; i++) {
              client.create();
            }
          });

      assertThat(mebibytes()).isLessThan(80);
      assertThat(store.of(Tenant.DEFAULT).someSessions(20_000)).hasSize(8_000);
    }
  }

  /** Were no garbage collected, it would have more than 150 MiB. */
  @Test
  void conversationsThatComeAndGoTakeLittleMoreThanThoseThatStay() throws IOException {
    try (SessionStore store = open(folder)) {
      together(
          store,
          client -> {
            Deque<Session> kept = new ArrayDeque<>();
            for (int i = 0; i < 400; i++) {
              Session session = client.create();
              kept.add(session);
              Image image = store.of(Tenant.DEFAULT).addImage(Pictures.png(i));
              Message answer = client.turn(session, image);
              Feedback good = Feedback.newBuilder().setRating(Rating.RATING_UP).build();
              store.of(Tenant.DEFAULT).rate(session.getId(), answer.getId(), good);
              store.audit().add(List.of(row(store, session)));
              if (kept.size() > 20) {
                client.delete(kept.remove());
              }
            }
          });

      assertThat(mebibytes()).isLessThan(80);
    }
  }

  private static AuditRow row(SessionStore store, Session session) {
    return new AuditRow(
        Instant.ofEpochMilli(Timestamps.toMillis(store.now())),
        "default",
        "somebody",
        "answer",
        session.getId(),
        "",
        List.of(),
        20,
        5,
        "ok");
  }

  /** Writes, and tells each session that was acknowledged with its turn, until it is killed. */
  public static void main(String[] words) {
    SessionStore store = open(Path.of(words[0]));
    together(
        store,
        client -> {
          Deque<Session> kept = new ArrayDeque<>();
          while (true) {
            Session session = client.create();
            client.turn(session);
            System.out.println("+" + session.getId());
            kept.add(session);
            if (kept.size() > 100) {
              Session gone = kept.remove();
              System.out.println("-" + gone.getId()); // From now on, nobody knows.
              client.delete(gone);
            }
          }
        });
  }

  @Test
  void whatWasAcknowledgedSurvivesAKillWhileSpaceIsUsedAgain() throws Exception {
    List<String> all = new ArrayList<>();
    for (int round = 1; round <= 3; round++) {
      Process writer =
          EndsWithTests.guard(
              new ProcessBuilder(
                      Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                      "-cp",
                      System.getProperty("java.class.path"),
                      H2FileSizeTest.class.getName(),
                      folder.toString())
                  .redirectError(Redirect.DISCARD)
                  .start());
      List<String> stay = new ArrayList<>();
      try (BufferedReader told = writer.inputReader()) {
        int sessions = 0;
        String line;
        while ((line = told.readLine()) != null) {
          if (line.startsWith("+")) {
            stay.add(line.substring(1));
            sessions++;
          } else if (line.startsWith("-")) {
            stay.remove(line.substring(1));
          }
          if (sessions == 500 + 77 * round) {
            writer.toHandle().destroyForcibly(); // Its pipe stays: what it told before is read.
          }
        }
        assertThat(sessions).isGreaterThanOrEqualTo(500);
      }
      assertThat(writer.waitFor()).isNotZero();
      all.addAll(stay);

      assertThat(mebibytes()).isLessThan(80);
      try (SessionStore store = open(folder)) {
        for (String session : all) {
          List<Message> messages = store.of(Tenant.DEFAULT).messages(session);
          assertThat(messages).extracting(Message::getState).hasSize(2);
          assertThat(messages.getLast().getText()).isEqualTo("Right of the blue square.");
        }
      }
    }
  }
}
