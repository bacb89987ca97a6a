// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.pipeline.FakeMesh;
import io.owlmesh.orchestrator.store.DiskImageStore;
import io.owlmesh.orchestrator.store.PostgresServer;
import io.owlmesh.orchestrator.store.SessionStore;
import io.owlmesh.proto.chat.v1.CreateSessionRequest;
import io.owlmesh.proto.chat.v1.FollowAnswerRequest;
import io.owlmesh.proto.chat.v1.Message;
import io.owlmesh.proto.chat.v1.MessageState;
import io.owlmesh.proto.chat.v1.NewMessage;
import io.owlmesh.proto.chat.v1.SendMessageRequest;
import io.owlmesh.proto.chat.v1.SendMessageResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two orchestrators over one PostgreSQL. */
@Timeout(60)
class SharedSessionsTest {
  private static final Duration SHORT = Duration.ofMillis(600);
  private static final Duration LONG = Duration.ofSeconds(30);
  private static @Nullable PostgresServer server;

  @TempDir Path folder;
  private String url = "";
  private FakeMesh mesh;
  private final List<SessionStore> stores = new ArrayList<>();
  private final List<Sessions> all = new ArrayList<>();

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

  @BeforeEach
  void open(TestInfo test) throws Exception {
    mesh = new FakeMesh(test.getDisplayName(), Map.of());
    url = Objects.requireNonNull(server).createNext();
  }

  @AfterEach
  void close() {
    mesh.close();
    all.forEach(Sessions::close);
    stores.forEach(SessionStore::close);
  }

  private Sessions orchestrator(Duration lease) {
    SessionStore store =
        SessionStore.open(
            url,
            Optional.of(PostgresServer.USER),
            Optional.empty(),
            new DiskImageStore(folder.resolve("images")));
    stores.add(store);
    Sessions sessions = new Sessions(store, mesh.gateway, mesh.answers, mesh.settings, lease);
    all.add(sessions);
    return sessions;
  }

  private static String session(Sessions sessions) {
    return sessions.create(CreateSessionRequest.getDefaultInstance()).getId();
  }

  private static SendMessageRequest.Builder say(String session, String text) {
    return SendMessageRequest.newBuilder()
        .setSessionId(session)
        .setSay(NewMessage.newBuilder().setText(text));
  }

  private static Listening send(Sessions sessions, SendMessageRequest.Builder request) {
    Listening listening = new Listening();
    sessions.send(request.build(), listening);
    return listening;
  }

  /** An answer that is being written, and of which the caller reads no more for now. */
  private Paused startPaused(Sessions sessions, SendMessageRequest.Builder request)
      throws InterruptedException {
    mesh.stages.tokens(1_000);
    Paused listening = new Paused();
    sessions.send(request.build(), listening);
    listening.awaitText();
    return listening;
  }

  private static Message lastOf(Sessions sessions, String session) {
    return sessions.get(session).getMessagesList().getLast();
  }

  @Test
  void aNulThatTheModelWritesIsKeptAsTheReplacementCharacter() throws Exception {
    Sessions one = orchestrator(LONG);
    mesh.stages.tokens(1);
    mesh.stages.say("a\0b");

    Message answer = send(one, say(session(one), "One?")).answer();

    assertThat(answer.getText()).isEqualTo("a\uFFFDb");
    assertThat(answer.getState()).isEqualTo(MessageState.MESSAGE_STATE_COMPLETE);
  }

  @Test
  void aFailureThatQuotesANulIsKept() throws Exception {
    Sessions one = orchestrator(LONG);
    mesh.stages.fail(mesh.llm(), Status.INVALID_ARGUMENT.withDescription("not a\0b"), 1);
    String id = session(one);

    send(one, say(id, "One?")).fault();

    assertThat(lastOf(one, id).getState()).isEqualTo(MessageState.MESSAGE_STATE_FAILED);
    assertThat(lastOf(one, id).getError()).contains("not a\uFFFDb");
  }

  @Test
  void oneTurnIsTakenAtATimeWhicheverOrchestratorIsAsked() throws Exception {
    Sessions one = orchestrator(LONG);
    Sessions other = orchestrator(LONG);
    String id = session(one);
    Paused first = startPaused(one, say(id, "One?"));

    OwlException refused = send(other, say(id, "Two?")).fault();
    assertThat(refused.fault()).isEqualTo(Fault.CONFLICT);
    assertThat(refused.field()).isEqualTo("session_id");
    Listening waiting = send(other, say(id, "Three?").setWait(true));
    first.goOn();

    Message answer = waiting.answer();
    assertThat(waiting.accepted().getQuestion().getParentId()).isEqualTo(first.answer().getId());
    assertThat(one.get(id).getMessagesList()).hasSize(4).contains(answer, first.answer());
  }

  @Test
  void manyTurnsFromManyOrchestratorsMakeOneConversation() {
    mesh.stages.tokens(1);
    mesh.stages.say("x");
    List<Sessions> three = List.of(orchestrator(LONG), orchestrator(LONG), orchestrator(LONG));
    String id = session(three.getFirst());
    List<Listening> turns = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      turns.add(send(three.get(i % 3), say(id, "And " + i).setWait(true)));
    }
    turns.forEach(Listening::answer);

    List<Message> messages = three.getFirst().get(id).getMessagesList();
    assertThat(messages).hasSize(24);
    for (int i = 1; i < messages.size(); i++) {
      assertThat(messages.get(i).getParentId()).isEqualTo(messages.get(i - 1).getId());
    }
  }

  @Test
  void theSameRequestSentToAnotherWaitsForTheAnswer() throws Exception {
    Sessions one = orchestrator(LONG);
    Sessions other = orchestrator(LONG);
    String id = session(one);
    int calls = mesh.llmCalls();
    Paused first = startPaused(one, say(id, "One?").setRequestId("k"));
    Listening repeated = send(other, say(id, "One?").setRequestId("k"));
    assertThat(send(other, say(id, "Else?").setRequestId("k2")).fault().fault())
        .isEqualTo(Fault.CONFLICT);
    first.goOn();

    assertThat(repeated.answer()).isEqualTo(first.answer());
    assertThat(mesh.llmCalls()).isEqualTo(calls + 1);
    assertThat(other.get(id).getMessagesList()).hasSize(2);
  }

  @Test
  void anAnswerWrittenElsewhereIsStopped() throws Exception {
    Sessions one = orchestrator(LONG);
    Sessions other = orchestrator(LONG);
    String id = session(one);
    Paused talking = startPaused(one, say(id, "One?"));

    assertThat(other.stop(id)).isTrue();

    assertThat(talking.answer().getState()).isEqualTo(MessageState.MESSAGE_STATE_STOPPED);
    assertThat(lastOf(other, id)).isEqualTo(talking.answer());
    assertThat(other.stop(id)).isFalse();
  }

  @Test
  void deletingASessionEndsItsAnswerElsewhere() throws Exception {
    Sessions one = orchestrator(LONG);
    Sessions other = orchestrator(LONG);
    String id = session(one);
    Paused talking = startPaused(one, say(id, "One?"));
    Paused waiting = new Paused();
    one.send(say(id, "Two?").setWait(true).build(), waiting);

    other.delete(id);

    assertThat(talking.answer().getState()).isEqualTo(MessageState.MESSAGE_STATE_STOPPED);
    assertThatThrownBy(() -> one.get(id)).isInstanceOf(OwlException.class);
  }

  @Test
  void anAnswerIsFollowedFromAnotherOrchestratorAndFromAnyEvent() throws Exception {
    Sessions one = orchestrator(LONG);
    Sessions other = orchestrator(LONG);
    String id = session(one);
    mesh.stages.say("\ud83e\udd89");
    Paused talking = startPaused(one, say(id, "One?"));
    List<SendMessageResponse> told = new ArrayList<>();
    CompletableFuture<Void> following =
        CompletableFuture.runAsync(
            () -> other.follow(follow(id, ""), told::add), Thread::startVirtualThread);
    talking.goOn();

    Message answer = talking.answer();
    following.orTimeout(30, TimeUnit.SECONDS).join();
    assertThat(told.getFirst().getAccepted()).isEqualTo(talking.accepted());
    assertThat(text(told)).isEqualTo(answer.getText());
    assertThat(told.getLast().getDone()).isEqualTo(answer);
    int middle = talking.events.size() / 2;
    List<SendMessageResponse> rest = new ArrayList<>();
    other.follow(follow(id, talking.events.get(middle).getEventId()), rest::add);
    assertThat(text(talking.events.subList(0, middle + 1)) + text(rest))
        .isEqualTo(answer.getText());
  }

  private static FollowAnswerRequest follow(String session, String after) {
    return FollowAnswerRequest.newBuilder().setSessionId(session).setAfter(after).build();
  }

  private static String text(List<SendMessageResponse> events) {
    StringBuilder all = new StringBuilder();
    events.forEach(event -> all.append(event.getText().getText()));
    return all.toString();
  }

  private static void awaitState(Sessions sessions, String id, MessageState state)
      throws InterruptedException {
    for (int tries = 0; lastOf(sessions, id).getState() != state; tries++) {
      assertThat(tries).as("tries until the answer is " + state).isLessThan(600);
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  @Test
  void theAnswerOfADeadOrchestratorIsInterruptedByAnotherAndNotWrittenAnyMore() throws Exception {
    Sessions dead = orchestrator(SHORT);
    Sessions alive = orchestrator(SHORT);
    String id = session(dead);
    Paused talking = startPaused(dead, say(id, "One?").setRequestId("k"));

    dead.close(); // It renews no lease, as if it hung.
    awaitState(alive, id, MessageState.MESSAGE_STATE_INTERRUPTED);
    mesh.stages.tokens(2);
    Message again = send(alive, say(id, "One?").setRequestId("k")).answer();
    talking.goOn();

    assertThat(talking.fault().fault()).isEqualTo(Fault.UNAVAILABLE);
    assertThat(alive.get(id).getMessagesList()).hasSize(2).contains(again);
  }

  @Test
  void whoeverWaitsForADeadOrchestratorGoesOnWithoutIt() throws Exception {
    Sessions dead = orchestrator(SHORT);
    Sessions alive = orchestrator(SHORT);
    String id = session(dead);
    startPaused(dead, say(id, "One?"));
    mesh.stages.tokens(2);
    Listening waiting = send(alive, say(id, "Two?").setWait(true));

    dead.close();

    waiting.answer();
    assertThat(alive.get(id).getMessages(1).getState())
        .isEqualTo(MessageState.MESSAGE_STATE_INTERRUPTED);
  }

  @Test
  void aStartInterruptsNothingThatOthersWrite() throws Exception {
    Sessions one = orchestrator(LONG);
    String id = session(one);
    Paused talking = startPaused(one, say(id, "One?"));

    Sessions late = orchestrator(LONG);
    late.sweep(Optional.of(Duration.ofMinutes(-1)), Duration.ZERO);

    assertThat(lastOf(late, id).getState()).isEqualTo(MessageState.MESSAGE_STATE_ANSWERING);
    talking.goOn();
    assertThat(talking.answer().getState()).isEqualTo(MessageState.MESSAGE_STATE_COMPLETE);
  }

  @Test
  void anAnswerThatTakesLongerThanALeaseKeepsIt() throws Exception {
    Sessions one = orchestrator(SHORT);
    Sessions other = orchestrator(SHORT);
    String id = session(one);
    Paused talking = startPaused(one, say(id, "One?"));
    TimeUnit.MILLISECONDS.sleep(3 * SHORT.toMillis());

    assertThat(lastOf(other, id).getState()).isEqualTo(MessageState.MESSAGE_STATE_ANSWERING);

    talking.goOn();
    assertThat(talking.answer().getState()).isEqualTo(MessageState.MESSAGE_STATE_COMPLETE);
  }
}
