// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.owlmesh.core.identity.Tenant;
import io.owlmesh.proto.chat.v1.Image;
import io.owlmesh.proto.chat.v1.MessageState;
import io.owlmesh.proto.chat.v1.Session;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A real PostgreSQL, which another orchestrator may use, too. */
class PostgresSessionStoreTest extends SessionStoreContract {
  private static final Duration LONG = Duration.ofMinutes(1);
  private static @Nullable PostgresServer server;

  private @Nullable String url;

  @BeforeAll
  static void start() throws Exception {
    server = PostgresServer.startIfInstalled();
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  @Override
  String url() {
    if (url == null) {
      try {
        url = Objects.requireNonNull(server).createNext();
      } catch (java.sql.SQLException e) {
        throw new IllegalStateException(e);
      }
    }
    return url;
  }

  @Override
  Optional<String> user() {
    return Optional.of(PostgresServer.USER);
  }

  private SessionStore another() {
    return SessionStore.open(
        url(), user(), Optional.empty(), new DiskImageStore(folder.resolve("images")));
  }

  private static String owner() {
    return UUID.randomUUID().toString();
  }

  @Test
  void aLeaseIsOfOneOwnerUntilItIsGivenBackAndTheNextFenceIsHigher() {
    String session = session("").getId();
    TurnStore turns = store().turns();
    TurnLease first = turns.take(session, owner(), "k", LONG).orElseThrow();

    assertThat(turns.take(session, owner(), "", LONG)).isEmpty();
    assertThat(turns.await(session)).hasValue(new LeaseHolder("k", false));
    turns.release(first);
    TurnLease second = turns.take(session, owner(), "", LONG).orElseThrow();
    assertThat(second.fence()).isGreaterThan(first.fence());
    turns.release(first); // Is of no meaning any more.
    assertThat(turns.await(session)).isPresent();
    assertThat(turns.take(owner(), owner(), "", LONG)).isEmpty();
  }

  @Test
  void aLeaseThatExpiredIsTakenFromItsOwnerWithItsAnswer() {
    Session session = session("");
    TurnStore turns = store().turns();
    String owner = owner();
    Turn turn = begin(session, "", "", "Which?");
    finish(turn, "That.");
    TurnLease expired = turns.take(session.getId(), owner, "", Duration.ZERO).orElseThrow();
    turns.restart(expired, turn.answer().getId(), "");
    assertThat(turns.await(session.getId())).hasValue(new LeaseHolder("", true));

    turns.abandoned().forEach(turns::interrupt);

    assertThat(turns.await(session.getId())).isEmpty();
    assertThat(turns.renew(owner, List.of(expired), LONG)).isEmpty();
    assertThat(
            store().of(Tenant.DEFAULT).message(session.getId(), turn.answer().getId()).getState())
        .isEqualTo(MessageState.MESSAGE_STATE_INTERRUPTED);
  }

  @Test
  void aLeaseThatIsRenewedAfterItExpiredStays() {
    Session session = session("");
    TurnStore turns = store().turns();
    String owner = owner();
    Turn turn = begin(session, "", "", "Which?");
    finish(turn, "That.");
    TurnLease late = turns.take(session.getId(), owner, "", Duration.ZERO).orElseThrow();
    turns.restart(late, turn.answer().getId(), "");
    List<AbandonedAnswer> abandoned = turns.abandoned();
    assertThat(abandoned).hasSize(1);

    assertThat(turns.renew(owner, List.of(late), LONG))
        .containsExactly(new RenewedLease(late.fence(), false));
    abandoned.forEach(turns::interrupt);

    assertThat(
            store().of(Tenant.DEFAULT).message(session.getId(), turn.answer().getId()).getState())
        .isEqualTo(MessageState.MESSAGE_STATE_ANSWERING);
    turns.stop(session.getId());
    assertThat(turns.renew(owner, List.of(late), LONG))
        .containsExactly(new RenewedLease(late.fence(), true));
  }

  @Test
  void whatOneOrchestratorSweptAnotherDoesNotSweepAgainSoon() {
    try (SessionStore other = another()) {
      session("old");
      Optional<Duration> all = Optional.of(Duration.ofMinutes(-1));
      assertThat(store().sweep(Optional.empty(), Duration.ZERO)).isZero();

      assertThat(other.sweep(all, LONG)).isZero();
      assertThat(other.sweep(all, Duration.ZERO)).isEqualTo(1);
    }
  }

  @Test
  void anImageStoredByOneWhileAnotherDeletesItIsThereAfterwards() {
    try (SessionStore other = another()) {
      for (int i = 0; i < 50; i++) {
        int number = i;
        Session session = session("");
        begin(session, "", "", "", store().of(Tenant.DEFAULT).addImage(Pictures.png(number)));
        CompletableFuture<Image> again =
            CompletableFuture.supplyAsync(
                () -> other.of(Tenant.DEFAULT).addImage(Pictures.png(number)),
                Thread::startVirtualThread);
        store().of(Tenant.DEFAULT).delete(session.getId());

        String sha256 = again.join().getSha256();
        assertThat(other.of(Tenant.DEFAULT).read(sha256)).isEqualTo(Pictures.png(number));
        assertThat(store().of(Tenant.DEFAULT).image(sha256).getSha256()).isEqualTo(sha256);
      }
    }
  }

  @Test
  void anImageStoredByTwoAtATimeIsOne() {
    try (SessionStore other = another()) {
      for (int i = 0; i < 20; i++) {
        ByteString file = Pictures.png(i);
        List<CompletableFuture<Image>> both =
            Stream.of(store(), other)
                .map(one ->
                    CompletableFuture.supplyAsync(
                        () -> one.of(Tenant.DEFAULT).addImage(file), Thread::startVirtualThread))
                .toList();

        assertThat(both.getFirst().join()).isEqualTo(both.getLast().join());
      }
    }
  }
}
