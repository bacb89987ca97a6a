// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.chat;

import io.owlmesh.client.AnswerFailed;
import io.owlmesh.client.SessionClient;
import io.owlmesh.proto.chat.v1.DescribeResponse;
import io.owlmesh.proto.chat.v1.Message;
import io.owlmesh.proto.chat.v1.Rating;
import io.owlmesh.proto.chat.v1.Role;
import io.owlmesh.proto.chat.v1.SessionSettings;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What a line means that begins with a slash. */
final class ChatCommands {
  private static final int LISTED = 10;
  private static final Map<String, String> HELP = help();

  private final ChatLoop chat;
  private final SessionClient mesh;
  private final PrintWriter out;

  ChatCommands(ChatLoop chat, SessionClient mesh, PrintWriter out) {
    this.chat = chat;
    this.mesh = mesh;
    this.out = out;
  }

  private static Map<String, String> help() {
    Map<String, String> help = new LinkedHashMap<>();
    help.put("/image", "FILE shows an image with the next message; may be repeated");
    help.put("/regenerate", "answers the last message again");
    help.put("/edit", "TEXT says the last message otherwise, with the same images");
    help.put("/undo", "goes back to before the last message");
    help.put("/up", "[NOTE] rates the last answer as good");
    help.put("/down", "[NOTE] rates it as not good");
    help.put("/flag", "[NOTE] marks it for somebody to look at");
    help.put("/system", "TEXT sets the scene; without TEXT, back to the model's own");
    help.put("/adapter", "NAME applies a LoRA adapter, '' none; without NAME, back to the mesh's");
    help.put("/rename", "TITLE names this session");
    help.put("/new", "begins another session");
    help.put("/sessions", "[ID] lists sessions, or goes on with one");
    help.put("/help", "shows this list");
    help.put("/exit", "ends the chat, like Ctrl-D");
    return help;
  }

  static Iterable<String> names() {
    return HELP.keySet();
  }

  /** Whether the chat goes on. */
  boolean run(String line) throws AnswerFailed, InterruptedException {
    int blank = line.indexOf(' ');
    String name = blank < 0 ? line : line.substring(0, blank);
    String rest = blank < 0 ? "" : line.substring(blank + 1).strip();
    switch (name) {
      case "/image" -> chat.show(unquoted(rest));
      case "/regenerate" -> regenerate();
      case "/edit" -> edit(rest);
      case "/undo" -> undo();
      case "/up" -> rate(Rating.RATING_UP, rest);
      case "/down" -> rate(Rating.RATING_DOWN, rest);
      case "/flag" -> rate(Rating.RATING_FLAG, rest);
      case "/system" -> system(rest);
      case "/adapter" -> adapter(rest);
      case "/rename" -> rename(rest);
      case "/new" -> begin();
      case "/sessions" -> sessions(rest);
      case "/help" -> HELP.forEach((key, help) -> out.printf("  %-11s %s%n", key, help));
      case "/exit" -> {
        return false;
      }
      default -> out.println("There is no command " + name + "; /help lists them.");
    }
    return true;
  }

  /** People drop files on terminals, which quote their names or escape blanks in them. */
  private static String unquoted(String path) {
    boolean quoted =
        path.length() > 1
            && (path.startsWith("'") || path.startsWith("\""))
            && path.charAt(0) == path.charAt(path.length() - 1);
    return quoted ? path.substring(1, path.length() - 1) : path.replace("\\ ", " ");
  }

  private void begin() {
    chat.begin(new ChatSession(mesh, chat.session().settings()));
    out.println("The next message begins another session.");
  }

  private void regenerate() throws AnswerFailed, InterruptedException {
    if (last(Role.ROLE_HUMAN).isPresent()) {
      chat.take(chat.session().regenerate());
    }
  }

  private void edit(String text) throws AnswerFailed, InterruptedException {
    Optional<Message> question = last(Role.ROLE_HUMAN);
    if (question.isPresent()) {
      chat.take(chat.session().edit(question.get(), text));
    }
  }

  private void undo() throws AnswerFailed {
    Optional<Message> question = last(Role.ROLE_HUMAN);
    if (question.isEmpty()) {
      return;
    }
    if (question.get().getParentId().isEmpty()) {
      out.println("That was the first message; /new begins another session.");
      return;
    }
    chat.session().backTo(question.get());
    out.println("Back to before: " + question.get().getText());
  }

  private void rate(Rating rating, String note) throws AnswerFailed {
    Optional<Message> answer = last(Role.ROLE_AI);
    if (answer.isPresent()) {
      chat.session().rate(answer.get(), rating, note);
      out.println("Kept.");
    }
  }

  private Optional<Message> last(Role role) {
    Optional<Message> message = chat.session().last(role);
    if (message.isEmpty()) {
      out.println("Nothing was said yet.");
    }
    return message;
  }

  private void system(String text) throws AnswerFailed {
    SessionSettings.Builder settings = chat.session().settings().toBuilder().clearSystem();
    if (!text.isEmpty()) {
      settings.setSystem(text);
    }
    chat.session().setSettings(settings.build());
  }

  private void adapter(String name) throws AnswerFailed {
    SessionSettings.Builder settings = chat.session().settings().toBuilder();
    if (name.isEmpty()) {
      settings.getOptionsBuilder().clearAdapter();
      DescribeResponse described = mesh.describe();
      out.printf(
          "The mesh's own, %s. There are: %s%n",
          described.getDefaultAdapter().isEmpty() ? "none" : described.getDefaultAdapter(),
          String.join(", ", described.getAdaptersList()));
    } else {
      settings.getOptionsBuilder().setAdapter(unquoted(name));
    }
    chat.session().setSettings(settings.build());
  }

  private void rename(String title) throws AnswerFailed {
    out.println("Named: " + chat.session().rename(title).getTitle());
  }

  private void sessions(String id) throws AnswerFailed {
    if (id.isEmpty()) {
      out.println(SessionTable.of(mesh, LISTED));
    } else {
      chat.begin(ChatSession.of(mesh, mesh.get(id)));
    }
  }
}
