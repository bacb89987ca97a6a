// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.core.identity.Tenant;
import io.owlmesh.proto.chat.v1.Message;
import io.owlmesh.proto.chat.v1.MessageState;
import io.owlmesh.proto.chat.v1.Rating;
import io.owlmesh.proto.chat.v1.Role;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.flywaydb.core.Flyway;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a database of the first released schema becomes. */
abstract class MigrationContract {
  private static final String SESSION = "00000000-0000-4000-8000-000000000001";

  @TempDir Path folder;

  /** An empty database, the same one at each call. */
  abstract String url() throws Exception;

  abstract String user();

  private SessionStore open() throws Exception {
    return SessionStore.open(
        url(), Optional.of(user()), Optional.of(""), new DiskImageStore(folder.resolve("images")));
  }

  /** The released files are as they were, or their digests would not fit. */
  private void fill() throws Exception {
    Flyway.configure()
        .dataSource(url(), user(), "")
        .locations("classpath:db/released")
        .load()
        .migrate();
    try (var rows = MigrationContract.class.getResourceAsStream("/db/released/conversation.sql")) {
      String script = new String(rows.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
      Jdbi.create(url(), user(), "").useHandle(row -> row.createScript(script).execute());
    }
  }

  @Test
  void whatTheFirstSchemaHeldIsThereAndGoesOn() throws Exception {
    fill();

    try (SessionStore store = open()) {
      List<Message> messages = store.of(Tenant.DEFAULT).messages(SESSION);
      assertThat(messages)
          .extracting(Message::getText)
          .containsExactly("Which?", "That one.", "Why?", "Beca");
      assertThat(messages.getFirst().getImages(0).getWidth()).isEqualTo(3);
      assertThat(messages.get(1).getFeedback().getRating()).isEqualTo(Rating.RATING_UP);
      assertThat(messages.get(1).getAnswer().getCompletionTokens()).isEqualTo(3);
      assertThat(messages).extracting(Message::getModel).containsOnly("");
      assertThat(messages.getLast().getState()).isEqualTo(MessageState.MESSAGE_STATE_INTERRUPTED);
      assertThat(store.of(Tenant.DEFAULT).session(SESSION).getSettings().getSystem())
          .isEqualTo("Be brief.");
      assertThat(store.turns().turn(SESSION, "key").orElseThrow().answer())
          .isEqualTo(messages.get(1));
      assertThat(store.of(Tenant.DEFAULT).storedFiles().get("file-1").filename())
          .isEqualTo("owl.png");
      assertThat(store.turns().newest(SESSION)).hasValue(messages.getLast().getId());

      assertThat(store.of(new Tenant("zoo")).messages(SESSION)).isEmpty();
      assertThat(store.of(new Tenant("zoo")).storedFiles().list(9, "")).isEmpty();
      assertThat(store.of(Tenant.DEFAULT).imageBytes()).isEqualTo(77);

      Message whole = answerAgain(store, messages.getLast());

      assertThat(store.of(Tenant.DEFAULT).messages(SESSION).getLast()).isEqualTo(whole);
    }
    open().close(); // What is up to date stays as it is.
  }

  private static Message answerAgain(SessionStore store, Message answer) {
    TurnLease lease =
        store
            .turns()
            .take(SESSION, UUID.randomUUID().toString(), "", Duration.ofSeconds(30))
            .orElseThrow();
    store.turns().restart(lease, answer.getId(), "owl");
    Message whole =
        answer.toBuilder()
            .setText("Because.")
            .setModel("owl")
            .setRole(Role.ROLE_AI)
            .setState(MessageState.MESSAGE_STATE_COMPLETE)
            .build();
    store.turns().finish(lease, whole);
    return whole;
  }
}
