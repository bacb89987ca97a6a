// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.identity.Tenant;
import io.owlmesh.proto.chat.v1.AnswerDone;
import io.owlmesh.proto.chat.v1.AnswerOptions;
import io.owlmesh.proto.chat.v1.Feedback;
import io.owlmesh.proto.chat.v1.Image;
import io.owlmesh.proto.chat.v1.Message;
import io.owlmesh.proto.chat.v1.MessageState;
import io.owlmesh.proto.chat.v1.Rating;
import io.owlmesh.proto.chat.v1.Role;
import io.owlmesh.proto.chat.v1.Session;
import io.owlmesh.proto.chat.v1.SessionSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.flywaydb.core.Flyway;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every database must do. */
abstract class SessionStoreContract {
  private static final String OWNER = UUID.randomUUID().toString();

  @TempDir Path folder;
  private final Map<String, TurnLease> leases = new ConcurrentHashMap<>();
  private SessionStore store;

  /** An empty database, the same one at each call. */
  abstract String url();

  /** Who to be in it. */
  Optional<String> user() {
    return Optional.empty();
  }

  @BeforeEach
  void open() {
    store = SessionStore.open(url(), user(), Optional.empty(), new DiskImageStore(images()));
  }

  private Path images() {
    return folder.resolve("images");
  }

  private void reopen() {
    store.close();
    open();
  }

  @AfterEach
  void close() {
    store.close();
  }

  SessionStore store() {
    return store;
  }

  Session session(String title) {
    return session(title, now());
  }

  private Session session(String title, com.google.protobuf.Timestamp changed) {
    Session session =
        Session.newBuilder()
            .setId(UUID.randomUUID().toString())
            .setTitle(title)
            .setSettings(
                SessionSettings.newBuilder()
                    .setSystem("Be \u732b brief.")
                    .setOptions(AnswerOptions.newBuilder().setSeed(-1).setTemperature(0.5f)))
            .setCreatedAt(now())
            .setUpdatedAt(changed)
            .build();
    store.of(Tenant.DEFAULT).create(session);
    return session;
  }

  private com.google.protobuf.Timestamp now() {
    return store.now();
  }

  private Message message(Role role, String parent, String text, Image... images) {
    return Message.newBuilder()
        .setId(UUID.randomUUID().toString())
        .setRole(role)
        .setParentId(parent)
        .setText(text)
        .addAllImages(List.of(images))
        .setState(
            role == Role.ROLE_AI
                ? MessageState.MESSAGE_STATE_ANSWERING
                : MessageState.MESSAGE_STATE_COMPLETE)
        .setCreatedAt(now())
        .build();
  }

  Turn begin(Session session, String key, String parent, String text, Image... images) {
    Message question = message(Role.ROLE_HUMAN, parent, text, images);
    Turn turn =
        new Turn(
            session.getId(),
            key,
            "asked",
            question,
            message(Role.ROLE_AI, question.getId(), ""),
            true);
    TurnLease lease = lease(session.getId());
    leases.put(turn.answer().getId(), lease);
    store.turns().begin(lease, turn);
    store.turns().release(lease);
    return turn;
  }

  private TurnLease lease(String session) {
    return store.turns().take(session, OWNER, "", Duration.ofMinutes(1)).orElseThrow();
  }

  /** Under which an answer is written. */
  private TurnLease leaseOf(Turn turn) {
    return Objects.requireNonNull(leases.get(turn.answer().getId()));
  }

  Message finish(Turn turn, String text) {
    Message answer =
        turn.answer().toBuilder()
            .setText(text)
            .setState(MessageState.MESSAGE_STATE_COMPLETE)
            .setAnswer(AnswerDone.newBuilder().setCompletionTokens(3))
            .build();
    store.turns().finish(leaseOf(turn), answer);
    return answer;
  }

  private static void assertFails(Fault fault, String field, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            OwlException.class,
            e -> {
              assertThat(e.fault()).isEqualTo(fault);
              assertThat(e.field()).isEqualTo(field);
            });
  }

  @Test
  void aSessionComesBackAsItWasStoredAlsoAfterARestart() {
    Session session = session("Owls");
    reopen();

    assertThat(store.of(Tenant.DEFAULT).session(session.getId())).isEqualTo(session);
  }

  @Test
  void turnsComeBackInOrderWithTheirImages() {
    Session session = session("");
    Image cat = store.of(Tenant.DEFAULT).addImage(Pictures.png(1));
    Turn first = begin(session, "", "", "Which?\nSecond line", cat, cat);
    Message answer = finish(first, "This one. \ud83e\udd89");
    Turn second = begin(session, "", answer.getId(), "And \u0001 <b>now</b>?");
    reopen();

    assertThat(store.of(Tenant.DEFAULT).messages(session.getId()))
        .containsExactly(
            first.question(),
            answer,
            second.question(),
            second.answer().toBuilder().setState(MessageState.MESSAGE_STATE_INTERRUPTED).build());
    Session changed = store.of(Tenant.DEFAULT).session(session.getId());
    assertThat(changed.getHead()).isEqualTo(second.answer().getId());
    assertThat(changed.getTitle()).isEqualTo("Which?");
  }

  @Test
  void aNameThatWasGivenStays() {
    Session session = session("Mine");
    begin(session, "", "", "Which?");

    assertThat(store.of(Tenant.DEFAULT).session(session.getId()).getTitle()).isEqualTo("Mine");
  }

  @Test
  void aRequestIsKnownByItsKeyInItsSessionAlone() {
    Session session = session("");
    Turn turn = begin(session, "key", "", "Which?");
    Message answer = finish(turn, "That.");

    assertThat(store.turns().turn(session.getId(), "key"))
        .hasValue(new Turn(session.getId(), "key", "asked", turn.question(), answer, false));
    assertThat(store.turns().turn(session("").getId(), "key")).isEmpty();
    assertThat(store.turns().turn(session.getId(), "other")).isEmpty();
  }

  @Test
  void anAnswerThatEndedEarlyCanBeWrittenAgain() {
    Session session = session("");
    Turn turn = begin(session, "", "", "Which?");
    String answer = turn.answer().getId();
    store.turns().save(List.of(new Draft(answer, leaseOf(turn).fence(), "Th")));
    assertThat(store.of(Tenant.DEFAULT).message(session.getId(), answer).getText()).isEqualTo("Th");
    reopen();

    TurnLease first = leaseOf(turn);
    TurnLease second = lease(session.getId());
    leases.put(answer, second);
    store.turns().restart(second, answer, "");
    store.turns().save(List.of(new Draft(answer, first.fence(), "of another time")));

    assertThat(store.of(Tenant.DEFAULT).message(session.getId(), answer)).isEqualTo(turn.answer());
    Message whole = finish(turn, "That.");
    store.turns().save(List.of(new Draft(answer, second.fence(), "late")));
    assertThat(store.of(Tenant.DEFAULT).message(session.getId(), answer)).isEqualTo(whole);
  }

  @Test
  void sessionsAreListedByPagesTheLastChangedFirst() {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      ids.addFirst(session("s" + i).getId());
    }
    store.of(Tenant.DEFAULT).update(ids.getLast(), session -> session.setTitle("touched"));
    ids.addFirst(ids.removeLast());
    List<String> seen = new ArrayList<>();
    String token = "";
    do {
      SessionPage page = store.of(Tenant.DEFAULT).list(3, token, "");
      page.sessions().forEach(session -> seen.add(session.getId()));
      token = page.nextToken();
    } while (!token.isEmpty());

    assertThat(seen).isEqualTo(ids);
    assertFails(
        Fault.BAD_INPUT, "page_token", () -> store.of(Tenant.DEFAULT).list(3, "nonsense", ""));
  }

  @Test
  void whatIsNotThereIsNamed() {
    Session session = session("");
    assertFails(Fault.NOT_FOUND, "session_id", () -> store.of(Tenant.DEFAULT).session("nobody"));
    assertFails(Fault.NOT_FOUND, "session_id", () -> store.of(Tenant.DEFAULT).delete("nobody"));
    assertFails(
        Fault.NOT_FOUND, "session_id", () -> store.of(Tenant.DEFAULT).update("nobody", _ -> {}));
    assertFails(
        Fault.NOT_FOUND,
        "message_id",
        () -> store.of(Tenant.DEFAULT).message(session.getId(), "nothing"));
    assertFails(Fault.NOT_FOUND, "sha256", () -> store.of(Tenant.DEFAULT).image("0".repeat(64)));
    assertFails(Fault.BAD_INPUT, "sha256", () -> store.of(Tenant.DEFAULT).read("../../etc/passwd"));
    assertFails(
        Fault.NOT_FOUND,
        "images",
        () -> begin(session, "", "", "", Image.newBuilder().setSha256("0".repeat(64)).build()));
    assertThat(store.of(Tenant.DEFAULT).messages(session.getId())).isEmpty();
  }

  @Test
  void whatSomebodyThinksOfAnAnswerIsKeptUntilHeThinksNothing() {
    Session session = session("");
    Turn turn = begin(session, "", "", "Which?");
    finish(turn, "That.");
    String answer = turn.answer().getId();
    Feedback down = Feedback.newBuilder().setRating(Rating.RATING_DOWN).setNote("no").build();

    assertThat(store.of(Tenant.DEFAULT).rate(session.getId(), answer, down).getFeedback())
        .isEqualTo(down);
    assertThat(rated(Rating.RATING_DOWN)).containsExactly(answer);
    assertThat(rated(Rating.RATING_UP, Rating.RATING_FLAG)).isEmpty();
    store.of(Tenant.DEFAULT).rate(session.getId(), answer, Feedback.getDefaultInstance());
    assertThat(store.of(Tenant.DEFAULT).message(session.getId(), answer).hasFeedback()).isFalse();
    assertFails(
        Fault.BAD_INPUT,
        "message_id",
        () -> store.of(Tenant.DEFAULT).rate(session.getId(), turn.question().getId(), down));
  }

  private List<String> rated(Rating first, Rating... others) {
    List<String> ids = new ArrayList<>();
    store
        .of(Tenant.DEFAULT)
        .rated(EnumSet.of(first, others), dialogue -> ids.add(dialogue.branch().getLast().getId()));
    return ids;
  }

  @Test
  void anImageIsStoredOnceAndReadBack() throws Exception {
    ByteString file = Pictures.png(7);

    Image image = store.of(Tenant.DEFAULT).addImage(file);

    assertThat(store.of(Tenant.DEFAULT).addImage(file)).isEqualTo(image);
    assertThat(image.getMediaType()).isEqualTo("image/png");
    assertThat(image.getWidth()).isEqualTo(3);
    assertThat(image.getHeight()).isEqualTo(2);
    assertThat(store.of(Tenant.DEFAULT).image(image.getSha256())).isEqualTo(image);
    assertThat(store.of(Tenant.DEFAULT).read(image.getSha256())).isEqualTo(file);
    assertThat(filesOnDisk()).containsExactly(image.getSha256());
    assertFails(
        Fault.BAD_INPUT,
        "image",
        () -> store.of(Tenant.DEFAULT).addImage(ByteString.copyFromUtf8("no picture")));
  }

  private List<String> filesOnDisk() throws IOException {
    try (Stream<Path> files = Files.walk(images())) {
      return files.filter(Files::isRegularFile).map(file -> file.getFileName().toString()).toList();
    }
  }

  @Test
  void deletingASessionDeletesTheImagesThatNoOtherShows() throws Exception {
    Image shared = store.of(Tenant.DEFAULT).addImage(Pictures.png(1));
    Image own = store.of(Tenant.DEFAULT).addImage(Pictures.png(2));
    Image uploaded = store.of(Tenant.DEFAULT).addImage(Pictures.png(3));
    Session kept = session("");
    finish(begin(kept, "", "", "", shared), "x");
    Session gone = session("");
    Turn last = begin(gone, "key", "", "", shared, own);
    finish(last, "x");

    store.of(Tenant.DEFAULT).delete(gone.getId());

    assertThat(filesOnDisk()).containsExactlyInAnyOrder(shared.getSha256(), uploaded.getSha256());
    assertFails(
        Fault.NOT_FOUND, "session_id", () -> store.of(Tenant.DEFAULT).session(gone.getId()));
    assertThat(store.of(Tenant.DEFAULT).messages(gone.getId())).isEmpty();
    assertThat(store.turns().turn(gone.getId(), "key")).isEmpty();
    assertFails(Fault.NOT_FOUND, "sha256", () -> store.of(Tenant.DEFAULT).image(own.getSha256()));
    assertThat(store.of(Tenant.DEFAULT).messages(kept.getId()).getFirst().getImagesList())
        .containsExactly(shared);
    store.turns().finish(leaseOf(last), message(Role.ROLE_AI, "", "too late"));
  }

  @Test
  void aNamedFileKeepsItsContentUntilTheLastNameIsGone() throws Exception {
    StoredFiles files = store.of(Tenant.DEFAULT).storedFiles();
    StoredFile one = files.add("cat.png", "vision", Pictures.png(1));
    StoredFile two = files.add("same.png", "vision", Pictures.png(1));

    assertThat(files.list(10, ""))
        .extracting(StoredFile::filename)
        .startsWith("same.png", "cat.png");
    assertThat(files.list(1, two.id())).extracting(StoredFile::filename).containsExactly("cat.png");
    assertThat(files.read(one.id())).isEqualTo(Pictures.png(1));
    assertThat(files.get(one.id()).image()).isEqualTo(one.image());
    files.delete(one.id());
    assertThat(filesOnDisk()).hasSize(1);
    files.delete(two.id());
    assertThat(filesOnDisk()).isEmpty();
    assertFails(Fault.NOT_FOUND, "file_id", () -> files.get(two.id()));
    assertFails(Fault.NOT_FOUND, "file_id", () -> files.delete(two.id()));
  }

  private int sweep(Optional<Duration> unchanged) {
    return store.sweep(unchanged, Duration.ZERO);
  }

  @Test
  void sessionsThatNobodyChangedAreSweptAndOthersStay() throws Exception {
    Session old = session("old");
    finish(begin(old, "", "", "", store.of(Tenant.DEFAULT).addImage(Pictures.png(1))), "x");
    Session young = session("young", Timestamps.add(now(), Durations.fromHours(1)));

    assertThat(sweep(Optional.of(Duration.ZERO))).isEqualTo(1);

    assertThat(store.of(Tenant.DEFAULT).list(10, "", "").sessions())
        .extracting(Session::getId)
        .containsExactly(young.getId());
    assertThat(filesOnDisk()).isEmpty();
    assertThat(sweep(Optional.empty())).isZero();
  }

  @Test
  void anImageStoredWhileItIsDeletedIsThereAfterwards() {
    for (int i = 0; i < 50; i++) {
      Session session = session("");
      Image image = store.of(Tenant.DEFAULT).addImage(Pictures.png(i));
      begin(session, "", "", "", image);
      CompletableFuture<Image> again =
          CompletableFuture.supplyAsync(
              () -> store.of(Tenant.DEFAULT).addImage(Pictures.png(image.getSha256().hashCode())),
              Thread::startVirtualThread);
      int number = i;
      CompletableFuture<Image> same =
          CompletableFuture.supplyAsync(
              () -> store.of(Tenant.DEFAULT).addImage(Pictures.png(number)),
              Thread::startVirtualThread);
      store.of(Tenant.DEFAULT).delete(session.getId());

      assertThat(store.of(Tenant.DEFAULT).read(same.join().getSha256()))
          .isEqualTo(Pictures.png(number));
      assertThat(store.of(Tenant.DEFAULT).image(again.join().getSha256())).isNotNull();
    }
  }

  @Test
  void whateverCallersMayWriteHasRoom() {
    String owls = "\ud83e\udd89".repeat(200);
    Session session = session(owls);
    Turn turn = begin(session, "\ud83e\udd89".repeat(64), "", "Which?");
    finish(turn, "That.");
    Feedback up =
        Feedback.newBuilder().setRating(Rating.RATING_UP).setNote(owls.repeat(10)).build();
    store.of(Tenant.DEFAULT).rate(session.getId(), turn.answer().getId(), up);

    assertThat(store.of(Tenant.DEFAULT).session(session.getId()).getTitle()).isEqualTo(owls);
    assertThat(
            store.of(Tenant.DEFAULT).message(session.getId(), turn.answer().getId()).getFeedback())
        .isEqualTo(up);
  }

  @Test
  void idsThatNoDatabaseTakesAsATextAreNotFound() {
    Session session = session("");
    assertFails(Fault.NOT_FOUND, "session_id", () -> store.of(Tenant.DEFAULT).session("a\0b"));
    assertFails(
        Fault.NOT_FOUND,
        "message_id",
        () -> store.of(Tenant.DEFAULT).message(session.getId(), "a\0b"));
    String token =
        java.util.Base64.getUrlEncoder()
            .encodeToString("2026-01-01T00:00:00Z a\0b".getBytes(StandardCharsets.UTF_8));
    assertThat(store.of(Tenant.DEFAULT).list(3, token, "").sessions()).isEmpty();
    String far =
        java.util.Base64.getUrlEncoder()
            .encodeToString("+999999999-01-01T00:00:00Z a".getBytes(StandardCharsets.UTF_8));
    assertFails(Fault.BAD_INPUT, "page_token", () -> store.of(Tenant.DEFAULT).list(3, far, ""));
  }

  @Test
  void turnsThatShowTheSameImagesInAnyOrderDoNotWaitForEachOther() {
    List<Image> images =
        IntStream.range(0, 8)
            .mapToObj(i -> store.of(Tenant.DEFAULT).addImage(Pictures.png(i)))
            .toList();
    List<CompletableFuture<Void>> all = new ArrayList<>();
    for (int client = 0; client < 4; client++) {
      boolean backwards = client % 2 == 0;
      Session session = session("");
      all.add(
          CompletableFuture.runAsync(
              () -> {
                for (int i = 0; i < 25; i++) {
                  List<Image> shown = backwards ? images.reversed() : images;
                  begin(session, "", "", "", shown.toArray(Image[]::new));
                }
              },
              Thread::startVirtualThread));
    }

    all.forEach(turns -> turns.orTimeout(60, TimeUnit.SECONDS).join());
  }

  @Test
  void anImageThatIsShownWhileItsLastSessionIsDeletedStays() {
    for (int i = 0; i < 60; i++) {
      Image image = store.of(Tenant.DEFAULT).addImage(Pictures.png(i));
      Session old = session("");
      begin(old, "", "", "", image);
      Session young = session("");
      CompletableFuture<Void> shown =
          CompletableFuture.runAsync(
              () -> begin(young, "", "", "", image), Thread::startVirtualThread);
      store.of(Tenant.DEFAULT).delete(old.getId());

      try {
        shown.join();
      } catch (CompletionException e) {
        // It came too late: the image was gone, and the message is refused.
        assertThat(e.getCause())
            .isInstanceOfSatisfying(
                OwlException.class, late -> assertThat(late.fault()).isEqualTo(Fault.NOT_FOUND));
        assertThat(store.of(Tenant.DEFAULT).messages(young.getId())).isEmpty();
        continue;
      }
      assertThat(store.of(Tenant.DEFAULT).read(image.getSha256())).isEqualTo(Pictures.png(i));
    }
  }

  @Test
  void whatACrashLeftOfAnUnfinishedFileIsGoneAfterwards() throws Exception {
    Path left = Files.writeString(images().resolve("unfinished/x.part"), "half of it");
    reopen();

    assertThat(left).doesNotExist();
  }

  @Test
  void sessionsWhoseAnswerIsBeingWrittenAreNotSwept() {
    Session session = session("old");
    Turn turn = begin(session, "", "", "Which?");
    String answer = turn.answer().getId();
    AbandonedAnswer abandoned = new AbandonedAnswer(session.getId(), answer, leaseOf(turn).fence());
    assertThat(store.turns().abandoned()).containsExactly(abandoned);

    assertThat(sweep(Optional.of(Duration.ofMinutes(-1)))).isZero();

    store.turns().interrupt(abandoned);
    assertThat(store.turns().abandoned()).isEmpty();
    assertThat(store.of(Tenant.DEFAULT).message(session.getId(), answer).getState())
        .isEqualTo(MessageState.MESSAGE_STATE_INTERRUPTED);
    assertThat(sweep(Optional.of(Duration.ofMinutes(-1)))).isEqualTo(1);
  }

  @Test
  void whoeverWritesAnAnswerNoMoreCannotEndIt() {
    Session session = session("");
    Turn turn = begin(session, "", "", "Which?");
    store.turns().abandoned().forEach(store.turns()::interrupt);

    assertFails(Fault.UNAVAILABLE, "", () -> finish(turn, "That."));

    assertThat(store.of(Tenant.DEFAULT).message(session.getId(), turn.answer().getId()).getState())
        .isEqualTo(MessageState.MESSAGE_STATE_INTERRUPTED);
  }

  @Test
  void sessionsAreFoundByWhatTheirTitleOrMessagesHold() {
    Session owls = session("Owls at NIGHT");
    Session cats = session("Cats");
    finish(begin(cats, "", "", "Is 100% of it an Owl_cat?"), "No.");
    session("Dogs");

    assertThat(found("owl")).containsExactly(cats.getId(), owls.getId());
    assertThat(found("at night")).containsExactly(owls.getId());
    assertThat(found("100% of")).containsExactly(cats.getId());
    assertThat(found("1%of")).isEmpty();
    assertThat(found("l_c")).containsExactly(cats.getId());
    assertThat(found("_ats")).isEmpty();
    SessionPage first = store.of(Tenant.DEFAULT).list(1, "", "owl");
    assertThat(first.sessions()).extracting(Session::getId).containsExactly(cats.getId());
    assertThat(store.of(Tenant.DEFAULT).list(1, first.nextToken(), "owl").sessions())
        .extracting(Session::getId)
        .containsExactly(owls.getId());
  }

  private List<String> found(String text) {
    return store.of(Tenant.DEFAULT).list(10, "", text).sessions().stream()
        .map(Session::getId)
        .toList();
  }

  @Test
  void whyAnAnswerFailedIsKeptUntilItIsGivenAgain() {
    Turn turn = begin(session("s"), "", "", "What?");
    Message failed =
        turn.answer().toBuilder()
            .setState(MessageState.MESSAGE_STATE_FAILED)
            .setError("vision: the stage is unavailable")
            .setErrorCode("stage_unavailable")
            .setErrorField("vision")
            .build();

    store.turns().finish(leaseOf(turn), failed);

    assertThat(store.of(Tenant.DEFAULT).message(turn.sessionId(), failed.getId()))
        .isEqualTo(failed);
    store.turns().restart(lease(turn.sessionId()), failed.getId(), "");
    assertThat(store.of(Tenant.DEFAULT).message(turn.sessionId(), failed.getId()))
        .isEqualTo(turn.answer());
  }

  @Test
  void whatTheFirstVersionKeptIsStillThere() {
    store.close();
    String id = UUID.randomUUID().toString();
    Flyway first =
        Flyway.configure()
            .dataSource(url(), user().orElse(""), "")
            .locations("classpath:db/migration")
            .cleanDisabled(false)
            .target("1")
            .load();
    first.clean();
    first.migrate();
    Jdbi.create(url(), user().orElse(""), "")
        .useHandle(row ->
            row.createScript(
                    """
                    INSERT INTO session (id, title, settings, created_at, updated_at, head)
                    VALUES ('%1$s', 'old', '{}', TIMESTAMP '2026-01-01 00:00:00',
                      TIMESTAMP '2026-01-01 00:00:00', '%1$s');
                    INSERT INTO message (id, session_id, parent_id, role, body, state, created_at, error)
                    VALUES ('%1$s', '%1$s', '', 'ai', 'Hm', 'failed', TIMESTAMP '2026-01-01 00:00:00', 'why');
                    """
                        .formatted(id))
                .execute());

    open();

    assertThat(store.of(Tenant.DEFAULT).messages(id))
        .singleElement()
        .returns("why", Message::getError)
        .returns("", Message::getErrorCode)
        .returns("", Message::getErrorField);
  }
}
