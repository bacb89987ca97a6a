// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.owlmesh.launcher.talk.AnswerFailed;
import io.owlmesh.launcher.talk.ChatClient;
import io.owlmesh.launcher.talk.Dialogue;
import io.owlmesh.launcher.talk.Dialogue.Question;
import io.owlmesh.launcher.talk.ImageFile;
import io.owlmesh.launcher.talk.PendingAnswer;
import io.owlmesh.launcher.talk.TimingsLine;
import io.owlmesh.launcher.talk.Trace;
import java.io.PrintWriter;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;

/** Reads lines, asks the mesh, keeps the dialogue. */
final class ChatLoop {
  static final Map<String, String> COMMANDS =
      new TreeMap<>(
          Map.of(
              "/image", "FILE shows an image with the next message; may be repeated",
              "/system", "TEXT sets the scene; without TEXT, back to the model's own",
              "/undo", "forgets the last question and its answer",
              "/clear", "forgets everything that was said",
              "/help", "shows this list",
              "/exit", "ends the chat, like Ctrl-D"));

  private final LineReader reader;
  private final PrintWriter out;
  private final ChatClient client;
  private final AnswerFlags flags;
  private final List<ByteString> shown = new ArrayList<>();
  private Dialogue dialogue;

  ChatLoop(LineReader reader, ChatClient client, AnswerFlags flags) {
    this.reader = reader;
    this.out = reader.getTerminal().writer();
    this.client = client;
    this.flags = flags;
    this.dialogue = Dialogue.EMPTY.withSystem(flags.system());
  }

  void run() {
    while (true) {
      try {
        String line =
            reader.readLine(shown.isEmpty() ? "> " : shown.size() + " image(s) > ").strip();
        if (line.equals("/exit")) {
          return;
        }
        take(line);
      } catch (UserInterruptException ctrlC) {
        out.println("(Ctrl-D or /exit ends the chat)");
      } catch (EndOfFileException ctrlD) {
        return;
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        return;
      }
      out.flush();
    }
  }

  private void take(String line) throws InterruptedException {
    if (line.startsWith("/")) {
      command(line);
    } else if (!line.isEmpty() || !shown.isEmpty()) {
      ask(new Question(line, shown));
    }
  }

  private void command(String line) {
    int blank = line.indexOf(' ');
    String name = blank < 0 ? line : line.substring(0, blank);
    String rest = blank < 0 ? "" : line.substring(blank + 1).strip();
    switch (name) {
      case "/image" -> show(rest);
      case "/system" -> dialogue = dialogue.withSystem(rest);
      case "/undo" -> undo();
      case "/clear" -> {
        dialogue = new Dialogue(dialogue.system(), List.of());
        shown.clear();
      }
      case "/help" -> COMMANDS.forEach((key, help) -> out.printf("  %-8s %s%n", key, help));
      default -> out.println("There is no command " + name + "; /help lists them.");
    }
  }

  private void show(String path) {
    try {
      shown.add(ImageFile.read(Path.of(unquoted(path))));
    } catch (InvalidPathException noPath) {
      out.println("Not a path: " + path);
    } catch (IllegalArgumentException unusable) {
      out.println(unusable.getMessage());
    }
  }

  /** People drop files on terminals, which quote their names or escape blanks in them. */
  private static String unquoted(String path) {
    boolean quoted =
        path.length() > 1
            && (path.startsWith("'") || path.startsWith("\""))
            && path.charAt(0) == path.charAt(path.length() - 1);
    return quoted ? path.substring(1, path.length() - 1) : path.replace("\\ ", " ");
  }

  private void undo() {
    int before = dialogue.exchanges().size();
    dialogue = dialogue.undone();
    out.println(before == 0 ? "Nothing was said yet." : "Forgotten: the last question and answer.");
  }

  private void ask(Question question) throws InterruptedException {
    Trace trace = Trace.begin();
    TextOutput answer = new TextOutput(out);
    CompletableFuture<PendingAnswer> pending = new CompletableFuture<>();
    // Until the next prompt, Ctrl-C stops this answer and nothing else.
    Terminal terminal = reader.getTerminal();
    Terminal.SignalHandler before =
        terminal.handle(Terminal.Signal.INT, _ -> cancelWhenStarted(pending));
    try {
      start(question, trace, answer, pending).await();
      answer.endLine();
      answer.done().ifPresent(done -> out.println("  " + TimingsLine.of(done, trace)));
      keep(question, answer);
    } catch (AnswerFailed failed) {
      answer.endLine();
      boolean stopped = failed.code() == Status.Code.CANCELLED;
      out.println(stopped ? "(stopped)" : failed.getMessage());
      // What was read stays said. Without a word of answer the question can be asked again, with
      // its images still at hand.
      if (!answer.text().isEmpty()) {
        keep(question, answer);
      }
    } finally {
      terminal.handle(Terminal.Signal.INT, before);
    }
  }

  private static void cancelWhenStarted(CompletableFuture<PendingAnswer> pending) {
    var _ = pending.thenAccept(PendingAnswer::cancel);
  }

  private PendingAnswer start(
      Question question, Trace trace, TextOutput answer, CompletableFuture<PendingAnswer> pending) {
    PendingAnswer started =
        client.answer(
            dialogue.asking(question, flags.options()),
            dialogue.images(question),
            flags.timeout(),
            trace,
            answer);
    pending.complete(started);
    return started;
  }

  private void keep(Question question, TextOutput answer) {
    dialogue = dialogue.with(question, answer.text());
    shown.clear();
  }
}
