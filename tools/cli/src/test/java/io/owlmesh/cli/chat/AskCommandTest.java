// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.chat;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.rpc.BadRequest;
import com.google.rpc.Code;
import com.google.rpc.Status;
import io.grpc.protobuf.StatusProto;
import io.owlmesh.cli.Owl;
import io.owlmesh.cli.OwlCalls;
import io.owlmesh.cli.option.Home;
import io.owlmesh.cli.option.StandardInput;
import io.owlmesh.launcher.ChildGuard;
import io.owlmesh.proto.chat.v1.AnswerOptions;
import io.owlmesh.proto.chat.v1.SessionSettings;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class AskCommandTest {
  private OwlCalls owl;
  private Path folder;

  @BeforeEach
  void useFreshHome(@TempDir Path home) {
    folder = home;
    owl = new OwlCalls(home);
  }

  @Test
  void theAnswerAloneGoesToStandardOutputAndTheTimingsToStandardError() throws Exception {
    try (FakeSessions mesh = new FakeSessions(FakeTurn.saying("A ", "cat", " – é."))) {
      int code = owl.call("ask", "--address", mesh.address(), "What", "is", "it?");

      assertThat(code).isZero();
      assertThat(owl.out).hasToString("A cat – é." + System.lineSeparator());
      assertThat(owl.err.toString().lines())
          .hasSize(2)
          .element(1)
          .isEqualTo("./owl chat --session s1 goes on");
      assertThat(mesh.turns.getFirst().getSay().getText()).isEqualTo("What is it?");
      assertThat(mesh.sessions).containsKey("s1");
    }
  }

  @Test
  void imagesArriveWholeAndInOrder() throws Exception {
    byte[] large = new byte[3_000_000];
    new Random(1).nextBytes(large);
    Path first = Files.write(folder.resolve("a.png"), large);
    Path second = Files.writeString(folder.resolve("b.png"), "tiny");
    try (FakeSessions mesh = new FakeSessions(FakeTurn.saying("Two."))) {
      int code =
          owl.call(
              "ask", "--address", mesh.address(), "--image", "" + first, "--image", "" + second);

      assertThat(code).isZero();
      assertThat(mesh.images)
          .containsExactly(ByteString.copyFrom(large), ByteString.copyFromUtf8("tiny"));
      assertThat(mesh.turns.getFirst().getSay().getImagesList())
          .containsExactly(FakeSessions.digest(1), FakeSessions.digest(2));
      assertThat(mesh.chunkSizes).allSatisfy(size -> assertThat(size).isBetween(1, 1 << 20));
    }
  }

  @Test
  void flagsTravelAndWhatIsNotSaidStaysAbsent() throws Exception {
    try (FakeSessions mesh = new FakeSessions(FakeTurn.saying("Ok."))) {
      owl.call(
          "ask",
          "--address",
          mesh.address(),
          "--temperature",
          "0.5",
          "--seed",
          "7",
          "--adapter",
          "poet",
          "--system",
          "Be brief.",
          "Go");

      SessionSettings settings = mesh.session("s1").getSettings();
      assertThat(settings.getSystem()).isEqualTo("Be brief.");
      assertThat(settings.getOptions())
          .isEqualTo(
              AnswerOptions.newBuilder()
                  .setTemperature(0.5f)
                  .setSeed(7)
                  .setAdapter("poet")
                  .build());
    }
  }

  @Test
  void theTraceThatIsPrintedIsTheOneTheMeshSaw() throws Exception {
    try (FakeSessions mesh = new FakeSessions(FakeTurn.saying("Ok."))) {
      owl.call("ask", "--address", mesh.address(), "Go");

      String traceparent = mesh.traces.parents.getFirst();
      assertThat(traceparent).matches("00-[0-9a-f]{32}-[0-9a-f]{16}-01");
      assertThat(owl.err.toString()).contains("trace " + traceparent.substring(3, 35));
    }
  }

  @Test
  void jsonIsALineAnEvent() throws Exception {
    try (FakeSessions mesh = new FakeSessions(FakeTurn.saying("A \"cat\".\n"))) {
      owl.call("ask", "--json", "--address", mesh.address(), "Go");

      assertThat(owl.out.toString().lines().map(line -> line.replace(" ", "")))
          .hasSize(4)
          .element(2)
          .isEqualTo("{\"text\":{\"text\":\"A\\\"cat\\\".\\n\"},\"eventId\":\"\"}");
      assertThat(owl.err.toString()).isEmpty();
    }
  }

  @Test
  void aRefusalShowsItsSentenceAndTheFieldsConcerned() throws Exception {
    BadRequest fields =
        BadRequest.newBuilder()
            .addFieldViolations(
                BadRequest.FieldViolation.newBuilder()
                    .setField("options.temperature")
                    .setDescription("20 is not between 0 and 10"))
            .build();
    Status status =
        Status.newBuilder()
            .setCode(Code.INVALID_ARGUMENT_VALUE)
            .setMessage("The request is wrong.")
            .addDetails(Any.pack(fields))
            .build();
    try (FakeSessions mesh =
        new FakeSessions(
            turn -> turn.out().onError(StatusProto.toStatusRuntimeException(status)))) {
      int code = owl.call("ask", "--address", mesh.address(), "Go");

      assertThat(code).isEqualTo(1);
      assertThat(owl.err.toString())
          .contains("INVALID_ARGUMENT: The request is wrong.")
          .contains("options.temperature: 20 is not between 0 and 10");
    }
  }

  @Test
  void aSessionGoesOnWithItsSettingsAndWhatIsSaidHere() throws Exception {
    try (FakeSessions mesh = new FakeSessions(FakeTurn.saying("Ok."))) {
      owl.call("ask", "--address", mesh.address(), "--seed", "7", "One");
      int code =
          owl.call(
              "ask",
              "--address",
              mesh.address(),
              "--session",
              "s1",
              "--system",
              "Be brief.",
              "Two");

      assertThat(code).isZero();
      assertThat(mesh.turns).allSatisfy(turn -> assertThat(turn.getSessionId()).isEqualTo("s1"));
      assertThat(mesh.session("s1").getSettings().getOptions().getSeed()).isEqualTo(7);
      assertThat(mesh.session("s1").getSettings().getSystem()).isEqualTo("Be brief.");
      assertThat(owl.call("ask", "--address", mesh.address(), "--session", "s9", "X")).isOne();
      assertThat(owl.err.toString()).contains("NOT_FOUND: no session 's9'");
    }
  }

  @Test
  void whatIsToBeForgottenIsDeleted() throws Exception {
    try (FakeSessions mesh = new FakeSessions(FakeTurn.saying("Ok."))) {
      assertThat(owl.call("ask", "--forget", "--address", mesh.address(), "One")).isZero();

      assertThat(mesh.turns).hasSize(1);
      assertThat(mesh.sessions).isEmpty();
      assertThat(owl.err.toString()).doesNotContain("goes on");
    }
  }

  @Test
  void aBrokenConnectionIsAskedAgainWithTheSameNameAndThePrintedPartIsNotPrintedTwice()
      throws Exception {
    AtomicInteger tries = new AtomicInteger();
    FakeTurn.Script breaking =
        turn -> {
          if (tries.incrementAndGet() == 1) {
            turn.say("A c");
            turn.out().onError(io.grpc.Status.UNAVAILABLE.asRuntimeException());
          } else {
            FakeTurn.saying("A ", "cat", ".").answer(turn);
          }
        };
    try (FakeSessions mesh = new FakeSessions(breaking)) {
      int code = owl.call("ask", "--address", mesh.address(), "What is it?");

      assertThat(code).isZero();
      assertThat(owl.out).hasToString("A cat." + System.lineSeparator());
      assertThat(owl.err.toString()).contains("(the connection broke; asking again)");
      assertThat(mesh.turns).hasSize(2);
      assertThat(mesh.turns.getFirst().getRequestId()).isNotEmpty();
      assertThat(mesh.turns.getLast()).isEqualTo(mesh.turns.getFirst());
    }
  }

  /** A process of its own: where the tests run with SIGINT ignored, this process cannot hear it. */
  @Test
  @Timeout(60)
  void ctrlCStopsTheAnswerInTheMesh() throws Exception {
    CompletableFuture<Process> asking = new CompletableFuture<>();
    FakeTurn.Script interrupted =
        turn -> {
          turn.say("Well, ");
          sendCtrlC(asking.join());
        };
    try (FakeSessions mesh = new FakeSessions(interrupted)) {
      Process ask =
          new ProcessBuilder(
                  "env",
                  "--default-signal=INT",
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty("java.class.path"),
                  Owl.class.getName(),
                  "ask",
                  "--address",
                  mesh.address(),
                  "Go")
              .directory(folder.toFile())
              .start();
      ChildGuard.over(ask.toHandle());
      asking.complete(ask);

      assertThat(ask.inputReader().readAllLines()).containsExactly("Well, ");
      assertThat(String.join("\n", ask.errorReader().readAllLines()))
          .contains("(stopped)")
          .contains("--session s1");
      assertThat(ask.waitFor()).isEqualTo(130);
    }
  }

  private static void sendCtrlC(Process to) {
    try {
      new ProcessBuilder("kill", "-INT", Long.toString(to.pid())).start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void anAnswerThatTakesTooLongIsCancelledInTheMesh() throws Exception {
    try (FakeSessions mesh = new FakeSessions(FakeTurn.sayingForEver("Well, "))) {
      int code = owl.call("ask", "--timeout", "1", "--address", mesh.address(), "Go");

      assertThat(code).isEqualTo(1);
      assertThat(owl.err.toString()).contains("DEADLINE_EXCEEDED");
      assertThat(mesh.cancelled.await(5, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void imageAndQuestionMayComeOverAPipe() throws Exception {
    byte[] image = new byte[100_000];
    new Random(2).nextBytes(image);
    try (FakeSessions mesh = new FakeSessions(FakeTurn.saying("Ok."))) {
      assertThat(owl.callWith(image, "ask", "--address", mesh.address(), "--image", "-", "What?"))
          .isZero();
      assertThat(mesh.images).containsExactly(ByteString.copyFrom(image));
      assertThat(mesh.turns.getLast().getSay().getText()).isEqualTo("What?");

      assertThat(owl.callWith("Is it\nan owl – é?\n", "ask", "--address", mesh.address())).isZero();
      assertThat(mesh.turns.getLast().getSay().getText()).isEqualTo("Is it\nan owl – é?");
      assertThat(owl.callWith("Or a cat?", "ask", "--address", mesh.address(), "-")).isZero();
      assertThat(mesh.turns.getLast().getSay().getText()).isEqualTo("Or a cat?");

      Path file = Files.writeString(folder.resolve("a.png"), "a");
      assertThat(
              owl.callWith(
                  "Where?", "ask", "--address", mesh.address(), "--image", file.toString()))
          .isZero();
      assertThat(mesh.turns.getLast().getSay().getText()).isEqualTo("Where?");
      assertThat(mesh.turns.getLast().getSay().getImagesList()).hasSize(1);
    }
  }

  @Test
  void standardInputIsOneThingAndBounded() {
    assertThat(owl.callWith("x", "ask", "--image", "-", "-")).isEqualTo(2);
    assertThat(owl.callWith("x", "ask", "--image", "-", "--image", "-", "X")).isEqualTo(2);
    assertThat(owl.callWith("", "ask", "--image", "-", "X")).isEqualTo(2);
    assertThat(owl.callWith("x".repeat((1 << 20) + 1), "ask")).isEqualTo(2);
    assertThat(owl.callWith(new byte[] {(byte) 0xC3}, "ask")).isEqualTo(2);
    assertThat(owl.err.toString().lines())
        .containsExactly(
            "Standard input can be the image or the question, not both.",
            "Standard input can be one image only.",
            "The image on standard input is empty",
            "The question on standard input has more than 1,048,576 bytes",
            "The question on standard input is not UTF-8");
  }

  @Test
  void whatAPersonTypesIsNotWaitedFor() {
    StandardInput typed = new StandardInput(InputStream.nullInputStream(), true);

    CommandLine line = Owl.commandLine(new Home(folder), typed, CommandLine.Help.Ansi.OFF);
    line.setErr(new PrintWriter(owl.err));

    assertThat(line.execute("ask")).isEqualTo(2);
    assertThat(owl.err.toString()).contains("Ask something");
  }

  @Test
  void anImageFileThatIsTooLargeIsNotRead() throws Exception {
    Path large = folder.resolve("large.png");
    try (RandomAccessFile file = new RandomAccessFile(large.toFile(), "rw")) {
      file.setLength(65L << 20);
    }

    assertThat(owl.call("ask", "--image", large.toString(), "X")).isEqualTo(2);
    assertThat(owl.err.toString()).contains("has more than 67,108,864 bytes");
  }

  @Test
  void withoutAMeshTheWayToStartOneIsNamed() throws IOException {
    String address;
    try (FakeSessions gone = new FakeSessions(FakeTurn.saying())) {
      address = gone.address();
    }

    assertThat(owl.call("ask", "--address", address, "Go")).isEqualTo(1);
    assertThat(owl.err.toString()).contains("No mesh answers at " + address).contains("./owl up");
  }

  @Test
  void wrongUsageIsToldApartFromFailure() {
    assertThat(owl.call("ask")).isEqualTo(2);
    assertThat(owl.call("ask", "--image", "no-such.png", "Go")).isEqualTo(2);
    assertThat(owl.err.toString()).contains("There is no image file no-such.png");
    assertThat(owl.call("ask", "--address", "nowhere", "Go")).isEqualTo(2);
  }
}
