// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.chat;

import io.owlmesh.cli.option.AnswerFlags;
import io.owlmesh.cli.option.Home;
import io.owlmesh.client.Address;
import io.owlmesh.client.AnswerFailed;
import io.owlmesh.client.ChatClient;
import io.owlmesh.client.SessionClient;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.proto.chat.v1.SessionSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Talks for as long as the person likes. */
@Command(
    name = "chat",
    description = "Talks with the model; /help inside tells the commands.",
    sortOptions = false)
public final class ChatCommand implements Callable<Integer> {
  private final Home home;

  @Option(
      names = "--session",
      paramLabel = "ID",
      description = "Goes on with a session, whose settings it takes on, instead of a new one.")
  private @Nullable String continued;

  @Mixin private AnswerFlags flags = new AnswerFlags();

  public ChatCommand(Home home) {
    this.home = home;
  }

  @Override
  public Integer call() throws IOException, MeshException, AnswerFailed {
    Address address = flags.address(home);
    try (Terminal terminal = TerminalBuilder.builder().dumb(true).build();
        ChatClient client = new ChatClient(address)) {
      LineReader reader =
          LineReaderBuilder.builder()
              .terminal(terminal)
              .appName("owl")
              .variable(LineReader.HISTORY_FILE, history())
              // "!" is what people write, not a look into the history.
              .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
              .completer(new CommandCompleter())
              .build();
      ChatSession session = session(client.sessions());
      terminal.writer().printf("Talking to %s. /help tells the commands.%n", address);
      new ChatLoop(reader, client.sessions(), session, flags.timeout()).run();
      return 0;
    }
  }

  private ChatSession session(SessionClient mesh) throws AnswerFailed {
    if (continued == null) {
      return new ChatSession(mesh, flags.onto(SessionSettings.getDefaultInstance()));
    }
    ChatSession session = ChatSession.of(mesh, mesh.get(continued));
    session.setSettings(flags.onto(session.settings()));
    return session;
  }

  private static Path history() {
    String state = System.getenv("XDG_STATE_HOME");
    return state != null && !state.isEmpty()
        ? Path.of(state, "owlmesh", "chat-history")
        : Path.of(System.getProperty("user.home"), ".local", "state", "owlmesh", "chat-history");
  }
}
