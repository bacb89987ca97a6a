// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.chat;

import io.owlmesh.cli.option.Home;
import io.owlmesh.cli.option.MeshFlag;
import io.owlmesh.client.AnswerFailed;
import io.owlmesh.client.ChatClient;
import io.owlmesh.client.SessionClient;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.proto.chat.v1.GetSessionResponse;
import io.owlmesh.proto.chat.v1.ListSessionsResponse;
import io.owlmesh.proto.chat.v1.Message;
import io.owlmesh.proto.chat.v1.Session;
import io.owlmesh.proto.chat.v1.UpdateSessionRequest;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Looks after the conversations that the mesh keeps. */
@Command(
    name = "sessions",
    description = "Lists the conversations that the mesh keeps, the one changed last first.",
    sortOptions = false,
    footer = {"", "./owl chat --session ID goes on with one."})
public final class SessionsCommand implements Callable<Integer> {
  private final Home home;

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "Sessions to list at most (default: ${DEFAULT-VALUE}).")
  private int limit = 20;

  @Mixin private MeshFlag mesh = new MeshFlag();

  public SessionsCommand(Home home) {
    this.home = home;
  }

  /** What to do with the mesh. */
  private interface Work {
    void with(SessionClient mesh, PrintWriter out)
        throws AnswerFailed, IOException, InterruptedException;
  }

  private int run(MeshFlag flag, Work work)
      throws IOException, MeshException, AnswerFailed, InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    try (ChatClient client = new ChatClient(flag.or(mesh).address(home))) {
      work.with(client.sessions(), out);
    } finally {
      out.flush();
    }
    return 0;
  }

  @Override
  public Integer call() throws IOException, MeshException, AnswerFailed, InterruptedException {
    if (limit < 1) {
      throw new ParameterException(spec.commandLine(), "--limit must be at least 1");
    }
    return run(mesh, (sessions, out) -> out.println(SessionTable.of(sessions, limit)));
  }

  @Command(name = "show", description = "Shows what was said in a session.")
  int show(
      @Parameters(paramLabel = "ID", description = "The session.") String id, @Mixin MeshFlag flag)
      throws IOException, MeshException, AnswerFailed, InterruptedException {
    return run(
        flag,
        (sessions, out) -> {
          GetSessionResponse kept = sessions.get(id);
          Session session = kept.getSession();
          List<Message> branch = Transcript.branch(kept);
          out.println(session.getTitle());
          out.printf(
              "%s, begun %s, changed %s%n",
              session.getId(),
              SessionTable.time(session.getCreatedAt()),
              SessionTable.time(session.getUpdatedAt()));
          if (session.getSettings().hasSystem()) {
            out.println("system: " + session.getSettings().getSystem());
          }
          out.println();
          Transcript.print(branch, out);
          int others = kept.getMessagesCount() - branch.size();
          if (others > 0) {
            out.printf("%n%d message(s) on other branches%n", others);
          }
        });
  }

  @Command(name = "rename", description = "Gives a session another title.")
  int rename(
      @Parameters(paramLabel = "ID", description = "The session.") String id,
      @Parameters(paramLabel = "TITLE", arity = "1..*", description = "Its new title.")
          List<String> title,
      @Mixin MeshFlag flag)
      throws IOException, MeshException, AnswerFailed, InterruptedException {
    return run(
        flag,
        (sessions, out) ->
            out.println(
                "Named: "
                    + sessions
                        .update(
                            UpdateSessionRequest.newBuilder()
                                .setSessionId(id)
                                .setTitle(String.join(" ", title))
                                .build())
                        .getTitle()));
  }

  @Command(
      name = "delete",
      description = "Deletes sessions for good: messages, ratings, and images no other shows.")
  int delete(
      @Parameters(paramLabel = "ID", arity = "0..*", description = "The sessions.")
          List<String> ids,
      @Option(names = "--all", description = "All there are; needs --yes.") boolean all,
      @Option(names = "--yes", description = "Means it.") boolean yes,
      @Mixin MeshFlag flag)
      throws IOException, MeshException, AnswerFailed, InterruptedException {
    List<String> named = ids == null ? List.of() : ids;
    if (all == !named.isEmpty()) {
      throw new ParameterException(
          spec.commandLine().getSubcommands().get("delete"),
          "Name the sessions to delete, or give --all --yes.");
    }
    if (all && !yes) {
      throw new ParameterException(
          spec.commandLine().getSubcommands().get("delete"),
          "--all deletes every session for good; say --yes if you mean it.");
    }
    return run(
        flag,
        (sessions, out) -> {
          int count = 0;
          for (String id : all ? ids(sessions) : named) {
            sessions.delete(id);
            count++;
          }
          out.printf("%d session(s) deleted%n", count);
        });
  }

  private static List<String> ids(SessionClient sessions) throws AnswerFailed {
    List<String> ids = new ArrayList<>();
    String token = "";
    do {
      ListSessionsResponse page = sessions.list(200, token);
      page.getSessionsList().forEach(session -> ids.add(session.getId()));
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    return ids;
  }

  /** Which way people thought of an answer. */
  enum Rated {
    up,
    down,
    flag
  }

  @Command(
      name = "export",
      description = {
        "Writes the dialogues up to rated answers as training reads them: dialogues.jsonl and",
        "images/ in a folder."
      })
  int export(
      @Option(
              names = "--rating",
              paramLabel = "RATING",
              description = "up, down or flag; may be repeated (default: up).")
          Set<Rated> ratings,
      @Option(
              names = "--out",
              paramLabel = "DIR",
              required = true,
              description = "The folder; made if it is not there.")
          Path folder,
      @Mixin MeshFlag flag)
      throws IOException, MeshException, AnswerFailed, InterruptedException {
    Set<Rated> wanted = ratings == null || ratings.isEmpty() ? EnumSet.of(Rated.up) : ratings;
    return run(
        flag, (sessions, out) -> out.println(new FeedbackExport(sessions, folder).write(wanted)));
  }
}
