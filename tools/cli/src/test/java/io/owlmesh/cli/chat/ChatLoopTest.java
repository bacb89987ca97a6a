// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.chat;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.owlmesh.client.Address;
import io.owlmesh.client.ChatClient;
import io.owlmesh.client.SessionClient;
import io.owlmesh.proto.chat.v1.Rating;
import io.owlmesh.proto.chat.v1.SendMessageRequest;
import io.owlmesh.proto.chat.v1.SessionSettings;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jline.reader.LineReaderBuilder;
import org.jline.terminal.Terminal;
import org.jline.terminal.impl.DumbTerminal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class ChatLoopTest {
  private final AtomicReference<Terminal> terminal = new AtomicReference<>();

  @TempDir private Path folder;

  @Test
  void messagesOfAChatAreOneSession() throws Exception {
    try (FakeSessions mesh = new FakeSessions(FakeTurn.saying("Yes", "."))) {
      String screen = chat(mesh, "Is it a cat?", "Sure?", "/exit");

      assertThat(screen).contains("Yes.").contains("trace ").contains("chat --session s1 goes on");
      assertThat(mesh.turns).extracting(SendMessageRequest::getSessionId).containsOnly("s1");
      assertThat(mesh.turns)
          .extracting(t -> t.getSay().getText())
          .contains("Is it a cat?", "Sure?");
      assertThat(mesh.sessions).hasSize(1);
    }
  }

  @Test
  void aChatInWhichNothingIsSaidLeavesNothing() throws Exception {
    try (FakeSessions mesh = new FakeSessions(FakeTurn.saying("Yes."))) {
      assertThat(chat(mesh, "/undo", "/regenerate", "/up", "/help", "/exit"))
          .contains("Nothing was said yet.")
          .contains("/regenerate ");
      assertThat(mesh.sessions).isEmpty();
    }
  }

  @Test
  void anImageGoesWithTheNextMessageAlone() throws Exception {
    Path image = Files.writeString(folder.resolve("my cat.png"), "meow");
    try (FakeSessions mesh = new FakeSessions(FakeTurn.saying("A cat."))) {
      chat(mesh, "/image '" + image + "'", "What is it?", "Sure?", "/exit");

      assertThat(mesh.images).hasSize(1);
      assertThat(mesh.turns.getFirst().getSay().getImagesList())
          .containsExactly(FakeSessions.digest(1));
      assertThat(mesh.turns.getLast().getSay().getImagesList()).isEmpty();
    }
  }

  @Test
  void theLastMessageCanBeSaidOtherwiseAndAnsweredAgain() throws Exception {
    Path image = Files.writeString(folder.resolve("cat.png"), "meow");
    try (FakeSessions mesh = new FakeSessions(FakeTurn.saying("Yes."))) {
      chat(mesh, "One", "/image " + image, "Two", "/edit Three", "/regenerate");

      SendMessageRequest edit = mesh.turns.get(2);
      assertThat(edit.getEdit().getText()).isEqualTo("Three");
      assertThat(edit.getEdit().getMessageId()).isEqualTo(mesh.messages("s1").get(2).getId());
      assertThat(edit.getEdit().getImagesList()).containsExactly(FakeSessions.digest(1));
      assertThat(mesh.turns.get(3).hasRegenerate()).isTrue();
    }
  }

  @Test
  void undoGoesBackAndNewBeginsAnotherSession() throws Exception {
    try (FakeSessions mesh = new FakeSessions(FakeTurn.saying("Yes."))) {
      String screen =
          chat(mesh, "One", "Two", "/undo", "/undo", "/new", "/system Be brief.", "Four");

      assertThat(screen).contains("Back to before: Two").contains("That was the first message");
      String firstAnswer = mesh.messages("s1").get(1).getId();
      assertThat(mesh.session("s1").getHead()).isEqualTo(firstAnswer);
      String second = mesh.turns.getLast().getSessionId();
      assertThat(second).isNotEqualTo("s1");
      assertThat(mesh.session(second).getSettings().getSystem()).isEqualTo("Be brief.");
    }
  }

  @Test
  void settingsAndTitleOfTheSessionCanBeChanged() throws Exception {
    try (FakeSessions mesh = new FakeSessions(FakeTurn.saying("Yes."))) {
      String screen =
          chat(mesh, "One", "/system Be brief.", "/adapter poet", "/rename My cat", "/adapter");

      assertThat(mesh.session("s1").getTitle()).isEqualTo("My cat");
      assertThat(mesh.session("s1").getSettings().getSystem()).isEqualTo("Be brief.");
      assertThat(mesh.session("s1").getSettings().getOptions().hasAdapter()).isFalse();
      assertThat(screen).contains("The mesh's own, poet. There are: poet");
    }
  }

  @Test
  void theLastAnswerIsRated() throws Exception {
    try (FakeSessions mesh = new FakeSessions(FakeTurn.saying("Yes."))) {
      chat(mesh, "One", "/down not a cat");

      assertThat(mesh.ratings).hasSize(1);
      assertThat(mesh.ratings.getFirst().getMessageId())
          .isEqualTo(mesh.messages("s1").get(1).getId());
      assertThat(mesh.ratings.getFirst().getFeedback().getRating()).isEqualTo(Rating.RATING_DOWN);
      assertThat(mesh.ratings.getFirst().getFeedback().getNote()).isEqualTo("not a cat");
    }
  }

  @Test
  void aSessionIsResumedWithWhatWasSaid() throws Exception {
    try (FakeSessions mesh = new FakeSessions(FakeTurn.saying("Yes."))) {
      chat(mesh, "Is it a cat?");

      assertThat(chat(mesh, "/sessions", "/sessions s1", "Sure?"))
          .contains("SESSION")
          .contains("> Is it a cat?");
      assertThat(mesh.turns.getLast().getSessionId()).isEqualTo("s1");
    }
  }

  @Test
  void aQuestionThatFailedIsKeptAndCanBeAskedAgain() throws Exception {
    FakeTurn.Script busy =
        turn ->
            turn.out()
                .onError(Status.RESOURCE_EXHAUSTED.withDescription("busy").asRuntimeException());
    try (FakeSessions mesh = new FakeSessions(busy)) {
      String screen = chat(mesh, "One", "/regenerate");

      assertThat(screen).contains("RESOURCE_EXHAUSTED: busy").contains("/regenerate asks again");
      assertThat(mesh.turns.getLast().hasRegenerate()).isTrue();
    }
  }

  @Test
  void ctrlCStopsTheAnswerInTheMeshAndTheChatGoesOn() throws Exception {
    FakeTurn.Script interrupted =
        turn -> {
          turn.say("Well, ");
          terminal.get().raise(Terminal.Signal.INT);
        };
    try (FakeSessions mesh = new FakeSessions(interrupted)) {
      String screen = chat(mesh, "One", "/help");

      assertThat(screen).contains("Well, ").contains("(stopped)").contains("/undo");
      assertThat(mesh.cancelled.getCount()).isOne();
    }
  }

  @Test
  void anUnknownCommandPointsToHelp() throws Exception {
    try (FakeSessions mesh = new FakeSessions(FakeTurn.saying("Yes."))) {
      assertThat(chat(mesh, "/imag x")).contains("There is no command /imag; /help lists them.");
      assertThat(mesh.turns).isEmpty();
    }
  }

  private String chat(FakeSessions mesh, String... lines) throws Exception {
    byte[] typed = (String.join("\n", List.of(lines)) + "\n").getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream screen = new ByteArrayOutputStream();
    try (Terminal dumb =
            new DumbTerminal(
                "test", "dumb", new ByteArrayInputStream(typed), screen, StandardCharsets.UTF_8);
        ChatClient client = new ChatClient(Address.parse(mesh.address()))) {
      terminal.set(dumb);
      SessionClient sessions = client.sessions();
      ChatSession session = new ChatSession(sessions, SessionSettings.getDefaultInstance());
      new ChatLoop(
              LineReaderBuilder.builder().terminal(dumb).build(),
              sessions,
              session,
              Duration.ofSeconds(20))
          .run();
      dumb.flush();
      return screen.toString(StandardCharsets.UTF_8);
    }
  }
}
