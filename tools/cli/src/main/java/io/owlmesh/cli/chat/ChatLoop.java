// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.chat;

import io.grpc.Status;
import io.owlmesh.client.AnswerFailed;
import io.owlmesh.client.LocalImage;
import io.owlmesh.client.SessionClient;
import io.owlmesh.client.SessionTurn;
import io.owlmesh.client.TimingsLine;
import io.owlmesh.client.Trace;
import io.owlmesh.proto.chat.v1.Image;
import io.owlmesh.proto.chat.v1.Message;
import io.owlmesh.proto.chat.v1.MessageState;
import io.owlmesh.proto.chat.v1.SendMessageRequest;
import java.io.PrintWriter;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;

/** Reads lines, and takes the turns that they mean. */
final class ChatLoop {
  private final LineReader reader;
  private final PrintWriter out;
  private final SessionClient mesh;
  private final Duration limit;
  private final List<Image> shown = new ArrayList<>();
  private ChatSession session;

  /**
   * A chat that goes on with what was said in a session.
   *
   * @param limit how long an answer may take
   */
  ChatLoop(LineReader reader, SessionClient mesh, ChatSession session, Duration limit) {
    this.reader = reader;
    this.out = reader.getTerminal().writer();
    this.mesh = mesh;
    this.session = session;
    this.limit = limit;
  }

  void run() {
    ChatCommands commands = new ChatCommands(this, mesh, out);
    Transcript.print(session.branch(), out);
    boolean open = true;
    while (open) {
      try {
        String line =
            reader.readLine(shown.isEmpty() ? "> " : shown.size() + " image(s) > ").strip();
        if (line.startsWith("/")) {
          open = commands.run(line);
        } else if (!line.isEmpty() || !shown.isEmpty()) {
          take(session.say(line, shown.stream().map(Image::getSha256).toList()));
        }
      } catch (AnswerFailed failed) {
        out.println(failed.getMessage());
      } catch (UserInterruptException ctrlC) {
        out.println("(Ctrl-D or /exit ends the chat)");
      } catch (EndOfFileException ctrlD) {
        open = false;
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        open = false;
      }
      out.flush();
    }
    session.id().ifPresent(id -> out.printf("./owl chat --session %s goes on%n", id));
    out.flush();
  }

  ChatSession session() {
    return session;
  }

  void begin(ChatSession another) {
    session = another;
    shown.clear();
    Transcript.print(session.branch(), out);
  }

  /** Gives the mesh an image, for the next message. */
  void show(String path) throws AnswerFailed, InterruptedException {
    try {
      Image image = mesh.upload(LocalImage.read(Path.of(path)));
      shown.add(image);
      out.println("  " + Transcript.describe(image));
    } catch (InvalidPathException noPath) {
      out.println("Not a path: " + path);
    } catch (IllegalArgumentException unusable) {
      out.println(unusable.getMessage());
    }
  }

  /** Takes a turn; until the next prompt, Ctrl-C stops its answer and nothing else. */
  void take(SendMessageRequest request) throws InterruptedException {
    Trace trace = Trace.begin();
    try (RootSpan root = RootSpan.begin(trace, "owl chat", System.getenv())) {
      take(request, trace, root);
    }
  }

  private void take(SendMessageRequest request, Trace trace, RootSpan root)
      throws InterruptedException {
    TextOutput answer = new TextOutput(out, out);
    SessionTurn turn = mesh.turn(request, limit, trace, answer);
    Terminal terminal = reader.getTerminal();
    Terminal.SignalHandler before = terminal.handle(Terminal.Signal.INT, _ -> turn.stop());
    try {
      Message said = turn.await();
      answer.endLine();
      boolean stopped = said.getState() == MessageState.MESSAGE_STATE_STOPPED;
      out.println(stopped ? "(stopped)" : "  " + TimingsLine.of(said.getAnswer(), trace));
      follow(answer, said);
    } catch (AnswerFailed failed) {
      root.fail(failed);
      answer.endLine();
      boolean stopped = failed.code() == Status.Code.CANCELLED;
      out.println(stopped ? "(stopped)" : failed.getMessage());
      answer
          .accepted()
          .ifPresent(_ -> out.println("The question is kept; /regenerate asks again."));
      follow(answer, Message.getDefaultInstance());
    } finally {
      terminal.handle(Terminal.Signal.INT, before);
    }
  }

  /** Of what was refused nothing is kept, and its images are still at hand. */
  private void follow(TextOutput answer, Message said) {
    answer
        .accepted()
        .ifPresent(turn -> {
          boolean whole = !said.getId().isEmpty();
          session.follow(turn, whole ? said : turn.getAnswer());
          shown.clear();
        });
  }
}
