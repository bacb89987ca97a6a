// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import io.owlmesh.launcher.mesh.MeshException;
import io.owlmesh.launcher.talk.Address;
import io.owlmesh.launcher.talk.ChatClient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Talks for as long as the person likes. */
@Command(
    name = "chat",
    description = "Talks with the model; /help inside tells the commands.",
    sortOptions = false)
final class ChatCommand implements Callable<Integer> {
  private final Home home;

  @Mixin private AnswerFlags flags = new AnswerFlags();

  ChatCommand(Home home) {
    this.home = home;
  }

  @Override
  public Integer call() throws IOException, MeshException {
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
      terminal.writer().printf("Talking to %s. /help tells the commands.%n", address);
      new ChatLoop(reader, client, flags).run();
      return 0;
    }
  }

  private static Path history() {
    String state = System.getenv("XDG_STATE_HOME");
    return state != null && !state.isEmpty()
        ? Path.of(state, "owlmesh", "chat-history")
        : Path.of(System.getProperty("user.home"), ".local", "state", "owlmesh", "chat-history");
  }
}
