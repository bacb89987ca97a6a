// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.chat;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.util.JsonFormat;
import io.owlmesh.cli.option.AnswerFlags;
import io.owlmesh.cli.option.Home;
import io.owlmesh.cli.option.ImageArguments;
import io.owlmesh.cli.option.StandardInput;
import io.owlmesh.client.AnswerFailed;
import io.owlmesh.client.ChatClient;
import io.owlmesh.client.SessionClient;
import io.owlmesh.client.SessionTurn;
import io.owlmesh.client.TimingsLine;
import io.owlmesh.client.Trace;
import io.owlmesh.client.TurnObserver;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.proto.chat.v1.CreateSessionResponse;
import io.owlmesh.proto.chat.v1.Message;
import io.owlmesh.proto.chat.v1.MessageState;
import io.owlmesh.proto.chat.v1.NewMessage;
import io.owlmesh.proto.chat.v1.SendMessageRequest;
import io.owlmesh.proto.chat.v1.SendMessageResponse;
import io.owlmesh.proto.chat.v1.Session;
import io.owlmesh.proto.chat.v1.SessionSettings;
import io.owlmesh.proto.chat.v1.UpdateSessionRequest;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jline.utils.Signals;
import org.jspecify.annotations.Nullable;
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
      "The answer goes to standard output, the line of timings to standard error. Question and",
      "answer are a session that the page shows and ./owl chat continues. Ctrl-C stops the answer.",
      "Exit code 1 if the mesh refuses or fails, 2 for wrong usage, 130 if the answer was stopped."
    })
public final class AskCommand implements Callable<Integer> {
  private static final int STOPPED = 130;

  /** Bytes of a question; the mesh refuses long ones in a sentence, this bounds memory alone. */
  private static final int MAX_QUESTION = 1 << 20;

  private final Home home;
  private final StandardInput in;

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @Mixin private ImageArguments images = new ImageArguments();

  @Option(
      names = "--session",
      paramLabel = "ID",
      description = "Goes on with a session, whose settings it takes on, instead of a new one.")
  private @Nullable String continued;

  @Option(names = "--forget", description = "Deletes the session afterwards.")
  private boolean forget;

  @Option(
      names = "--json",
      description = "The session and each event as a line of JSON instead of the text.")
  private boolean json;

  @Mixin private AnswerFlags flags = new AnswerFlags();

  @Parameters(
      arity = "0..*",
      paramLabel = "QUESTION",
      description = "What to ask; - or nothing reads it from standard input.")
  private List<String> words = new ArrayList<>();

  public AskCommand(Home home, StandardInput in) {
    this.home = home;
    this.in = in;
  }

  @Override
  public Integer call() throws IOException, MeshException, AnswerFailed, InterruptedException {
    NewMessage.Builder question = NewMessage.newBuilder().setText(question());
    if (question.getText().isEmpty() && images.count() == 0) {
      throw new ParameterException(
          spec.commandLine(), "Ask something: ./owl ask [--image FILE]... \"question\"");
    }
    List<ByteString> files = images.read(in, spec.commandLine());
    try (ChatClient client = new ChatClient(flags.address(home))) {
      SessionClient mesh = client.sessions();
      for (ByteString file : files) {
        question.addImages(mesh.upload(file).getSha256());
      }
      Session session = session(mesh);
      Message answer = ask(mesh, session, question.build());
      if (forget) {
        mesh.delete(session.getId());
      } else if (!json) {
        spec.commandLine().getErr().printf("./owl chat --session %s goes on%n", session.getId());
      }
      return isStopped(answer) ? STOPPED : 0;
    }
  }

  private static boolean isStopped(Message answer) {
    return answer.getState() == MessageState.MESSAGE_STATE_STOPPED;
  }

  /** What was said, else what comes over a pipe that no image comes over. */
  private String question() {
    boolean named = words.equals(List.of(StandardInput.NAME));
    if (named && images.readStandardInput()) {
      throw new ParameterException(
          spec.commandLine(), "Standard input can be the image or the question, not both.");
    }
    if (!named && (!words.isEmpty() || in.terminal() || images.readStandardInput())) {
      return String.join(" ", words).strip();
    }
    try {
      return in.readText("question", MAX_QUESTION).strip();
    } catch (IllegalArgumentException unusable) {
      throw new ParameterException(spec.commandLine(), unusable.getMessage(), unusable);
    }
  }

  private Session session(SessionClient mesh) throws AnswerFailed {
    if (continued == null) {
      return mesh.create(flags.onto(SessionSettings.getDefaultInstance()));
    }
    Session session = mesh.get(continued).getSession();
    SessionSettings settings = flags.onto(session.getSettings());
    return settings.equals(session.getSettings())
        ? session
        : mesh.update(
            UpdateSessionRequest.newBuilder()
                .setSessionId(continued)
                .setSettings(settings)
                .build());
  }

  private Message ask(SessionClient mesh, Session session, NewMessage question)
      throws AnswerFailed, InterruptedException {
    Trace trace = Trace.begin();
    try (RootSpan root = RootSpan.begin(trace, "owl ask", System.getenv())) {
      return ask(mesh, session, question, trace, root);
    }
  }

  private Message ask(
      SessionClient mesh, Session session, NewMessage question, Trace trace, RootSpan root)
      throws AnswerFailed, InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter err = spec.commandLine().getErr();
    TextOutput text = new TextOutput(out, err);
    if (json) {
      print(CreateSessionResponse.newBuilder().setSession(session).build(), out);
    }
    SessionTurn turn =
        mesh.turn(
            SendMessageRequest.newBuilder()
                .setSessionId(session.getId())
                .setRequestId(UUID.randomUUID().toString())
                .setSay(question)
                .build(),
            flags.timeout(),
            trace,
            json ? new JsonOutput(text, out) : text);
    Object before = Signals.register("INT", turn::stop);
    try {
      Message answer = turn.await();
      text.endLine();
      if (!json) {
        err.println(isStopped(answer) ? "(stopped)" : TimingsLine.of(answer.getAnswer(), trace));
      }
      return answer;
    } catch (AnswerFailed failed) {
      root.fail(failed);
      text.endLine();
      dropIfEmpty(mesh, session, text);
      throw failed;
    } finally {
      Signals.unregister("INT", before);
    }
  }

  /** A session that was begun for a question which was refused holds nothing. */
  private void dropIfEmpty(SessionClient mesh, Session session, TextOutput text) {
    if (continued == null && text.accepted().isEmpty()) {
      try {
        mesh.delete(session.getId());
      } catch (AnswerFailed unreachable) {
        // Why the question failed matters more than an empty session.
      }
    }
  }

  /** A line an event. */
  private record JsonOutput(TextOutput text, PrintWriter out) implements TurnObserver {
    @Override
    public void event(SendMessageResponse event) {
      if (event.hasAccepted()) {
        text.event(event);
      }
      print(event, out);
    }

    @Override
    public void again() {
      text.again();
    }
  }

  private static void print(MessageOrBuilder event, PrintWriter out) {
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
