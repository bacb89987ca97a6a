// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.owlmesh.launcher.talk.Address;
import io.owlmesh.launcher.talk.ChatClient;
import io.owlmesh.proto.chat.v1.Conversation;
import io.owlmesh.proto.chat.v1.Turn;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jline.reader.LineReaderBuilder;
import org.jline.terminal.Terminal;
import org.jline.terminal.impl.DumbTerminal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChatLoopTest {
  private final AtomicReference<Terminal> terminal = new AtomicReference<>();

  @TempDir private Path folder;

  @Test
  void everyMessageCarriesWhatWasSaidBefore() throws Exception {
    try (FakeChat mesh = new FakeChat(FakeChat.saying("Yes", "."))) {
      String screen = chat(mesh, "Is it a cat?", "Sure?", "/exit");

      assertThat(screen).contains("Yes.").contains("trace ");
      assertThat(texts(mesh.conversations.getLast()))
          .containsExactly("Is it a cat?", "Yes.", "Sure?");
    }
  }

  @Test
  void anImageGoesWithTheNextMessageAndStaysInTheDialogue() throws Exception {
    Path image = Files.writeString(folder.resolve("my cat.png"), "meow");
    try (FakeChat mesh = new FakeChat(FakeChat.saying("A cat."))) {
      chat(mesh, "/image '" + image + "'", "What is it?", "Sure?", "/exit");

      Conversation last = mesh.conversations.getLast();
      assertThat(last.getTurns(0).getImagesCount()).isEqualTo(1);
      assertThat(last.getTurns(2).getImagesCount()).isZero();
      assertThat(mesh.images).hasSize(1);
    }
  }

  @Test
  void undoClearAndSystemChangeWhatIsSent() throws Exception {
    try (FakeChat mesh = new FakeChat(FakeChat.saying("Yes."))) {
      chat(mesh, "One", "Two", "/undo", "Three", "/system Be brief.", "/clear", "Four");

      assertThat(texts(mesh.conversations.get(2))).containsExactly("One", "Yes.", "Three");
      assertThat(texts(mesh.conversations.getLast())).containsExactly("Four");
      assertThat(mesh.conversations.getLast().getSystem()).isEqualTo("Be brief.");
    }
  }

  @Test
  void aRefusedQuestionIsNotPartOfTheDialogue() throws Exception {
    FakeChat.Script busy =
        out -> out.onError(Status.RESOURCE_EXHAUSTED.withDescription("busy").asException());
    try (FakeChat mesh = new FakeChat(busy)) {
      String screen = chat(mesh, "One", "Two");

      assertThat(screen).contains("RESOURCE_EXHAUSTED: busy");
      assertThat(texts(mesh.conversations.getLast())).containsExactly("Two");
    }
  }

  @Test
  void ctrlCStopsTheAnswerInTheMeshAndTheChatGoesOn() throws Exception {
    FakeChat.Script interrupted =
        out -> {
          out.onNext(FakeChat.text("Well, "));
          terminal.get().raise(Terminal.Signal.INT);
        };
    try (FakeChat mesh = new FakeChat(interrupted)) {
      String screen = chat(mesh, "One", "/help");

      assertThat(mesh.cancelled.await(5, TimeUnit.SECONDS)).isTrue();
      assertThat(screen).contains("(stopped)").contains("/undo");
    }
  }

  @Test
  void anUnknownCommandPointsToHelp() throws Exception {
    try (FakeChat mesh = new FakeChat(FakeChat.saying("Yes."))) {
      assertThat(chat(mesh, "/imag x")).contains("There is no command /imag; /help lists them.");
      assertThat(mesh.conversations).isEmpty();
    }
  }

  private static List<String> texts(Conversation conversation) {
    return conversation.getTurnsList().stream().map(Turn::getText).toList();
  }

  private String chat(FakeChat mesh, String... lines) throws Exception {
    byte[] typed = (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream screen = new ByteArrayOutputStream();
    try (Terminal dumb =
            new DumbTerminal(
                "test", "dumb", new ByteArrayInputStream(typed), screen, StandardCharsets.UTF_8);
        ChatClient client = new ChatClient(Address.parse(mesh.address()))) {
      terminal.set(dumb);
      new ChatLoop(LineReaderBuilder.builder().terminal(dumb).build(), client, new AnswerFlags())
          .run();
      dumb.flush();
      return screen.toString(StandardCharsets.UTF_8);
    }
  }
}
