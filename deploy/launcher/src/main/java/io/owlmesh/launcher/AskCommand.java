// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.owlmesh.launcher.mesh.MeshException;
import io.owlmesh.launcher.talk.AnswerFailed;
import io.owlmesh.launcher.talk.ChatClient;
import io.owlmesh.launcher.talk.Dialogue;
import io.owlmesh.launcher.talk.Dialogue.Question;
import io.owlmesh.launcher.talk.ImageFile;
import io.owlmesh.launcher.talk.TimingsLine;
import io.owlmesh.launcher.talk.Trace;
import io.owlmesh.proto.chat.v1.AnswerResponse;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Asks one question. */
@Command(
    name = "ask",
    description = "Asks one question, about images or not, and streams the answer.",
    sortOptions = false,
    footer = {
      "",
      "The answer goes to standard output, the line of timings to standard error.",
      "Exit code 1 if the mesh refuses or fails, 2 for wrong usage."
    })
final class AskCommand implements Callable<Integer> {
  private final Home home;

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @Option(
      names = "--image",
      paramLabel = "FILE",
      description = "An image to look at: JPEG, PNG, GIF, BMP or WebP. May be repeated.")
  private List<Path> images = new ArrayList<>();

  @Option(names = "--json", description = "One line of JSON for each event instead of the text.")
  private boolean json;

  @Mixin private AnswerFlags flags = new AnswerFlags();

  @Parameters(arity = "0..*", paramLabel = "QUESTION", description = "What to ask.")
  private List<String> words = new ArrayList<>();

  AskCommand(Home home) {
    this.home = home;
  }

  @Override
  public Integer call() throws IOException, MeshException, AnswerFailed, InterruptedException {
    Question question = question();
    Dialogue dialogue = Dialogue.EMPTY.withSystem(flags.system());
    PrintWriter out = spec.commandLine().getOut();
    Trace trace = Trace.begin();
    TextOutput text = new TextOutput(out);
    try (ChatClient client = new ChatClient(flags.address(home))) {
      Consumer<AnswerResponse> sink = json ? event -> printJson(event, out) : text;
      client
          .answer(
              dialogue.asking(question, flags.options()),
              dialogue.images(question),
              flags.timeout(),
              trace,
              sink)
          .await();
    } finally {
      text.endLine();
    }
    text.done().ifPresent(done -> spec.commandLine().getErr().println(TimingsLine.of(done, trace)));
    return 0;
  }

  private Question question() {
    String text = String.join(" ", words).strip();
    if (text.isEmpty() && images.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "Ask something: ./owl ask [--image FILE]... \"question\"");
    }
    try {
      List<ByteString> files = images.stream().map(ImageFile::read).toList();
      return new Question(text, files);
    } catch (IllegalArgumentException unusable) {
      throw new ParameterException(spec.commandLine(), unusable.getMessage(), unusable);
    }
  }

  private static void printJson(AnswerResponse event, PrintWriter out) {
    try {
      out.println(
          JsonFormat.printer()
              .omittingInsignificantWhitespace()
              .alwaysPrintFieldsWithNoPresence()
              .print(event));
      out.flush();
    } catch (InvalidProtocolBufferException impossible) {
      // Only Any fields can fail to print, and events have none.
      throw new IllegalStateException(impossible);
    }
  }
}
