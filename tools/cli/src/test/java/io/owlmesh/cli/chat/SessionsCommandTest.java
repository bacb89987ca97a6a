// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.chat;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.cli.OwlCalls;
import io.owlmesh.proto.chat.v1.ExportFeedbackResponse;
import io.owlmesh.proto.chat.v1.Image;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SessionsCommandTest {
  private FakeSessions mesh;
  private OwlCalls owl;

  @TempDir private Path folder;

  @BeforeEach
  void openTheFrontDoor() throws Exception {
    mesh = new FakeSessions(FakeTurn.saying("Yes."));
    owl = new OwlCalls(folder);
  }

  @AfterEach
  void closeIt() {
    mesh.close();
  }

  private int call(String... arguments) {
    String[] all = new String[arguments.length + 2];
    System.arraycopy(arguments, 0, all, 0, arguments.length);
    all[arguments.length] = "--address";
    all[arguments.length + 1] = mesh.address();
    return owl.call(all);
  }

  private void say(String... questions) {
    for (String question : questions) {
      assertThat(call("ask", question)).isZero();
    }
    owl.out.getBuffer().setLength(0);
    owl.err.getBuffer().setLength(0);
  }

  @Test
  void sessionsOfAllPagesAreListedUpToALimit() {
    assertThat(call("sessions")).isZero();
    assertThat(owl.out.toString()).contains("There are no sessions.");
    say("One", "Two", "Three");

    assertThat(call("sessions")).isZero();
    assertThat(owl.out.toString().lines().filter(line -> line.startsWith("s"))).hasSize(3);
    owl.out.getBuffer().setLength(0);

    assertThat(call("sessions", "--limit", "2")).isZero();
    assertThat(owl.out.toString()).contains("There are more.");
    assertThat(owl.out.toString().lines().filter(line -> line.startsWith("s"))).hasSize(2);
  }

  @Test
  void aSessionIsShownAndRenamed() {
    say("Is it a cat?");

    assertThat(call("sessions", "rename", "s1", "My", "cat")).isZero();
    assertThat(call("sessions", "show", "s1")).isZero();
    assertThat(owl.out.toString()).contains("Named: My cat").contains("> Is it a cat?");
    assertThat(call("sessions", "show", "s9")).isOne();
    assertThat(owl.err.toString()).contains("NOT_FOUND: no session 's9'");
  }

  @Test
  void whatIsNamedIsDeletedAndAllOnlyByAWordMore() {
    say("One", "Two", "Three", "Four");

    assertThat(call("sessions", "delete")).isEqualTo(2);
    assertThat(call("sessions", "delete", "--all")).isEqualTo(2);
    assertThat(mesh.sessions).hasSize(4);
    assertThat(call("sessions", "delete", "s1")).isZero();
    assertThat(mesh.sessions).hasSize(3).doesNotContainKey("s1");
    assertThat(call("sessions", "delete", "--all", "--yes")).isZero();
    assertThat(mesh.sessions).isEmpty();
    assertThat(owl.out.toString()).contains("3 session(s) deleted");
  }

  @Test
  void ratedDialoguesBecomeADataSet() throws Exception {
    String digest = FakeSessions.digest(7);
    String line = "{\"text\":\"Human: <image>\",\"image\":[\"images/" + digest + "\"]}";
    for (int i = 0; i < 2; i++) {
      mesh.rated.add(
          ExportFeedbackResponse.newBuilder()
              .setLine(line)
              .addImages(Image.newBuilder().setSha256(digest))
              .build());
    }
    Path out = folder.resolve("out");

    assertThat(call("sessions", "export", "--rating", "up", "--out", out.toString())).isZero();
    assertThat(owl.out.toString()).contains("2 dialogue(s) and 1 image(s)");
    assertThat(out.resolve("dialogues.jsonl")).hasContent(line + "\n" + line + "\n");
    assertThat(Files.readString(out.resolve("images").resolve(digest))).isEqualTo("meow");
    assertThat(call("sessions", "export", "--rating", "nice", "--out", "x")).isEqualTo(2);
  }

  @Test
  void aMeshThatNamesFilesElsewhereIsRefused() {
    mesh.rated.add(
        ExportFeedbackResponse.newBuilder()
            .setLine("{}")
            .addImages(Image.newBuilder().setSha256("../x"))
            .build());

    assertThat(call("sessions", "export", "--out", folder.resolve("out").toString())).isOne();
    assertThat(owl.err.toString()).contains("the mesh names an image '../x'");
    assertThat(folder.resolve("x")).doesNotExist();
  }
}
