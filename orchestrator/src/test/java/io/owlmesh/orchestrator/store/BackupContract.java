// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.core.OwlException;
import io.owlmesh.core.identity.Tenant;
import io.owlmesh.proto.chat.v1.Image;
import io.owlmesh.proto.chat.v1.Message;
import io.owlmesh.proto.chat.v1.MessageState;
import io.owlmesh.proto.chat.v1.Role;
import io.owlmesh.proto.chat.v1.Session;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An archive of what one database keeps, taken over by another one. */
abstract class BackupContract {
  private static final Tenant ACME = new Tenant("acme");

  @TempDir Path folder;
  private SessionStore from;
  private SessionStore to;

  /** A database that has nothing yet, another one at each call. */
  abstract SessionStore fresh(ImageStore images) throws Exception;

  static SessionStore h2(Path file, ImageStore images) {
    return SessionStore.open("jdbc:h2:file:" + file, Optional.empty(), Optional.empty(), images);
  }

  @BeforeEach
  void open() throws Exception {
    from = h2(folder.resolve("from"), new DiskImageStore(folder.resolve("from-images")));
    to = fresh(new DiskImageStore(folder.resolve("to-images")));
  }

  @AfterEach
  void close() {
    from.close();
    to.close();
  }

  private static Session session(SessionStore store, String title) {
    return session(store, Tenant.DEFAULT, title);
  }

  private static Session session(SessionStore store, Tenant tenant, String title) {
    Session session =
        Session.newBuilder()
            .setId(UUID.randomUUID().toString())
            .setTitle(title)
            .setCreatedAt(store.now())
            .setUpdatedAt(store.now())
            .build();
    store.of(tenant).create(session);
    return session;
  }

  private static Message.Builder message(SessionStore store, Role role, String parent) {
    return Message.newBuilder()
        .setId(UUID.randomUUID().toString())
        .setParentId(parent)
        .setRole(role)
        .setCreatedAt(store.now());
  }

  /** A question with an image, and its answer. */
  private static void say(SessionStore store, Session session, Image image, String text) {
    Message question =
        message(store, Role.ROLE_HUMAN, "")
            .setText(text)
            .addImages(image)
            .setState(MessageState.MESSAGE_STATE_COMPLETE)
            .build();
    Message answer =
        message(store, Role.ROLE_AI, question.getId())
            .setState(MessageState.MESSAGE_STATE_ANSWERING)
            .build();
    TurnLease lease =
        store
            .turns()
            .take(session.getId(), UUID.randomUUID().toString(), "", Duration.ofMinutes(1))
            .orElseThrow();
    store.turns().begin(lease, new Turn(session.getId(), "", "", question, answer, true));
    store
        .turns()
        .finish(
            lease,
            answer.toBuilder()
                .setText("An owl \u732b\uD83E\uDD89.\n\"Quoted\"")
                .setState(MessageState.MESSAGE_STATE_COMPLETE)
                .build());
  }

  private static byte[] archive(SessionStore store) throws IOException {
    ByteArrayOutputStream archive = new ByteArrayOutputStream();
    var _ = store.backup().write(archive);
    return archive.toByteArray();
  }

  @Test
  void whatOneDatabaseKeepsAnotherTakesOverWhole() throws Exception {
    Session first = session(from, "first");
    Session second = session(from, ACME, "second");
    Image image = from.of(Tenant.DEFAULT).addImage(Pictures.png(1));
    say(from, first, image, "What is it?");
    say(from, second, from.of(ACME).addImage(Pictures.png(1)), "What is it here?");

    Backup.Counts counts = to.backup().restore(new ByteArrayInputStream(archive(from)));

    assertThat(counts.of("session")).isEqualTo(2);
    assertThat(counts.of("images")).isEqualTo(2);
    for (Tenant tenant : List.of(Tenant.DEFAULT, ACME)) {
      String id = tenant.isDefault() ? first.getId() : second.getId();
      assertThat(to.of(tenant).conversation(id)).isEqualTo(from.of(tenant).conversation(id));
      assertThat(to.of(tenant).read(image.getSha256()))
          .isEqualTo(from.of(tenant).read(image.getSha256()));
    }
    // And goes on: its numbers and fences are new ones.
    say(to, second, to.of(ACME).image(image.getSha256()), "And now?");
    assertThat(to.of(ACME).conversation(second.getId()).messages()).hasSize(4);
  }

  @Test
  void aDatabaseThatIsInUseTakesNothing() throws Exception {
    session(from, "one");
    byte[] archive = archive(from);
    session(to, "mine");

    assertThatThrownBy(() -> to.backup().restore(new ByteArrayInputStream(archive)))
        .isInstanceOf(OwlException.class)
        .hasMessageContaining("table session has 1 rows");
  }

  @Test
  void anArchiveThatIsCutOffLeavesNothing() throws Exception {
    Session one = session(from, "one");
    byte[] archive = archive(from);

    for (int length : new int[] {0, 100, archive.length / 2}) {
      byte[] cut = Arrays.copyOf(archive, length);
      assertThatThrownBy(() -> to.backup().restore(new ByteArrayInputStream(cut)))
          .isInstanceOf(OwlException.class)
          .hasMessageContaining("archive: has no end: it was cut off");
      assertThatThrownBy(() -> to.of(Tenant.DEFAULT).session(one.getId()))
          .hasMessageContaining("no session");
    }
    assertThat(to.backup().restore(new ByteArrayInputStream(archive)).of("session")).isOne();
  }

  @Test
  void anArchiveThatIsDamagedIsRefusedAsSuchAndLeavesNothing() throws Exception {
    Session one = session(from, "one");
    byte[] archive = archive(from);

    String text = new String(archive, StandardCharsets.ISO_8859_1);
    int name = text.indexOf("tables/session.jsonl");
    int begin = name + "tables/session.jsonl".length();
    int sum = text.indexOf("PK\7\b", begin) + 4;
    for (int at : new int[] {begin, sum}) {
      byte[] damaged = archive.clone();
      damaged[at] = (byte) (at == begin ? 7 : ~damaged[at]); // no kind of block; another sum
      assertThatThrownBy(() -> to.backup().restore(new ByteArrayInputStream(damaged)))
          .isInstanceOf(OwlException.class)
          .hasMessageContaining("archive: has a part that is damaged: invalid ");
      assertThatThrownBy(() -> to.of(Tenant.DEFAULT).session(one.getId()))
          .hasMessageContaining("no session");
    }
  }
}
