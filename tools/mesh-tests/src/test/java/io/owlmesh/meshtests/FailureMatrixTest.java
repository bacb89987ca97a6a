// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.owlmesh.meshtests.Dialogues.Golden;
import io.owlmesh.meshtests.Relay.Mode;
import io.owlmesh.proto.chat.v1.AnswerResponse;
import io.owlmesh.proto.chat.v1.Conversation;
import io.owlmesh.proto.mesh.v1.Condition;
import io.owlmesh.proto.mesh.v1.Replica;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Does to a replica of each stage what can happen to it, before, during and after the first token
 * of an answer, and holds what came of it against the table in the documents.
 */
class FailureMatrixTest {
  private static final Path DOCUMENT = Path.of("docs/reference/failure-matrix.md");
  private static final Path WRITTEN = Path.of("target/failure-matrix.md");
  private static final int TOKENS = 40;
  private static final int MANY_TOKENS = 400; // More than are written before anybody could act.
  private static final List<String> ENDING = List.of("draining", "unreachable");
  private static final int MOST_ASKED = 16;
  private static final int LIMIT_SECONDS = 6;
  private static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(2_500);

  /** One fault of the table, by its name there, or all, which takes minutes. */
  private static final String ONLY = System.getProperty("owl.failures", "crash");

  /** When it happens. */
  enum When {
    BEFORE,
    DURING,
    AFTER;

    String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final Random random = new Random(7);
  private final Golden golden = Dialogues.aboutAnImage();
  private final Map<Conversation, String> answers = new HashMap<>();

  FailureMatrixTest() throws Exception {}

  private Conversation question(int tokens) {
    return golden.conversation().toBuilder()
        .setOptions(
            golden.conversation().getOptions().toBuilder()
                .setMinNewTokens(tokens)
                .setMaxNewTokens(tokens))
        .build();
  }

  @Test
  @Timeout(value = 10, unit = TimeUnit.MINUTES)
  void whatFailuresDoIsWhatTheTableSays(@TempDir Path folder) throws Exception {
    FailureTable expected = FailureTable.read(Files.readString(Processes.ROOT.resolve(DOCUMENT)));
    FailureTable found = new FailureTable();
    try (Traces traces = new Traces();
        FaultyMesh mesh = new FaultyMesh(folder, traces)) {
      for (int tokens : List.of(TOKENS, MANY_TOKENS)) {
        Conversation question = question(tokens);
        String answer = AnswerCaller.ask(mesh.door, question, golden.images()).text();
        assertThat(answer).isNotEmpty();
        answers.put(question, answer);
      }
      Cells cells = new Cells(mesh, traces, expected);
      for (Harm harm : Harm.values()) {
        if (!ONLY.equals("all") && !ONLY.equals(harm.label())) {
          found.copy(expected, harm.label());
          continue;
        }
        for (When when : When.values()) {
          // Another stage each time: processes that were ended start meanwhile.
          for (String stage : FaultyMesh.STAGES) {
            long since = System.nanoTime();
            FailureTable.Seen seen = cells.run(harm, stage, when);
            found.put(harm.label(), stage, when.label(), seen);
            System.out.printf(
                "%s, %s, %s: %s in %.1f s%n",
                harm.label(), stage, when.label(), seen, (System.nanoTime() - since) / 1e9);
          }
        }
      }
    }
    Files.createDirectories(WRITTEN.getParent());
    Files.writeString(WRITTEN, found.toString());

    assertThat(found.toString())
        .as("the table of %s; what was seen is in tools/mesh-tests/%s", DOCUMENT, WRITTEN)
        .isEqualTo(expected.toString());
  }

  /** An answer that somebody waits for. */
  private record Asked(AnswerCaller caller, Conversation question, String traceId) {}

  /** One cell of the table after another. */
  private final class Cells {
    private final FaultyMesh mesh;
    private final Traces traces;
    private final FailureTable expected;

    Cells(FaultyMesh mesh, Traces traces, FailureTable expected) {
      this.mesh = mesh;
      this.traces = traces;
      this.expected = expected;
    }

    FailureTable.Seen run(Harm harm, String stage, When when) throws Exception {
      mesh.refresh(stage, harm.needsLiar());
      List<Asked> asked = new ArrayList<>();
      FaultyReplica bad =
          switch (when) {
            case BEFORE -> before(harm, stage, asked);
            case DURING -> during(harm, stage, asked);
            case AFTER -> after(harm, stage, asked);
          };
      Set<String> client = new TreeSet<>();
      asked.forEach(one -> client.add(outcome(one)));
      Set<String> events = new TreeSet<>();
      for (Asked one : asked) {
        traces.await(one.traceId(), Set.of("owl.answer"));
        events.addAll(traces.events(one.traceId()));
      }
      events.retainAll(Set.of("failover", "moved"));
      FailureTable.Seen seen =
          settled(
              harm,
              bad,
              String.join(", ", client),
              events,
              expected.get(harm.label(), stage, when.label()));
      bad.liar().tell(LyingReplica.Lie.NONE);
      bad.relay().set(Mode.PASS);
      harm.heal(bad);
      return seen;
    }

    /** What the mesh notices by itself it has noticed; the rest an answer meets. */
    private FaultyReplica before(Harm harm, String stage, List<Asked> asked) throws Exception {
      FaultyReplica bad = usual(stage);
      harm.inflict(bad);
      if (harm.isNoticed()) {
        mesh.await(bad, seen -> seen.getCondition() != Condition.CONDITION_SERVING);
        asked.add(ask(TOKENS));
        asked.add(ask(TOKENS));
        return bad;
      }
      long calls = calls(bad);
      while (calls(bad) == calls) {
        assertThat(asked.size()).as("answers, and none met it").isLessThan(MOST_ASKED);
        Asked next = ask(TOKENS);
        asked.add(next);
        next.caller().status();
      }
      return bad;
    }

    /** The replica of a stage that is chosen for the question; of a language model always. */
    private FaultyReplica usual(String stage) throws Exception {
      assertThat(ask(TOKENS).caller().status().isOk()).isTrue();
      for (FaultyReplica one : mesh.replicas(stage)) {
        if (calls(one) > 0) {
          return one;
        }
      }
      return fail("no call came to the stage %s", stage);
    }

    private long calls(FaultyReplica one) throws Exception {
      return mesh.seen(one).orElseThrow().getCalls();
    }

    private FaultyReplica during(Harm harm, String stage, List<Asked> asked) throws Exception {
      mesh.replicas(stage).forEach(one -> one.relay().set(Mode.HOLD_ANSWERS));
      asked.add(ask(TOKENS));
      FaultyReplica bad = mesh.busy(stage);
      if (harm.needsLiar()) {
        bad.liar().awaitWork();
      }
      harm.inflict(bad);
      pass(mesh.replicas(stage), harm.spoilsNetwork() ? bad : null);
      return bad;
    }

    private FaultyReplica after(Harm harm, String stage, List<Asked> asked) throws Exception {
      List<FaultyReplica> models = mesh.replicas("llm");
      models.forEach(one -> one.relay().set(Mode.DRIP_ANSWERS));
      asked.add(ask(MANY_TOKENS));
      asked.getFirst().caller().awaitText();
      FaultyReplica bad = stage.equals("llm") ? mesh.busy(stage) : mesh.replicas(stage).getFirst();
      harm.inflict(bad);
      pass(models, harm.spoilsNetwork() ? bad : null);
      return bad;
    }

    private static void pass(List<FaultyReplica> replicas, @Nullable FaultyReplica but) {
      replicas.stream().filter(one -> !one.equals(but)).forEach(one -> one.relay().set(Mode.PASS));
    }

    private Asked ask(int tokens) {
      String id = HexFormat.of().toHexDigits(random.nextLong() | 1).repeat(2);
      AnswerCaller caller =
          AnswerCaller.open(mesh.door, 30_000, "00-" + id + "-00f067aa0ba902b7-01");
      Conversation question = question(tokens);
      caller.send(question, golden.images());
      return new Asked(caller, question, id);
    }

    private String outcome(Asked asked) {
      AnswerCaller caller = asked.caller();
      if (!caller.status().isOk()) {
        return caller.status().getCode() + ": " + caller.status().getDescription();
      }
      if (!caller.text().equals(answers.get(asked.question()))) {
        return "another answer";
      }
      return caller.events().stream().anyMatch(AnswerResponse::hasMoved)
          ? "the answer, moved"
          : "the answer";
    }

    /** What the orchestrator thinks of it, once that is what the table says, or for good. */
    private FailureTable.Seen settled(
        Harm harm, FaultyReplica bad, String client, Set<String> events, FailureTable.Seen wanted)
        throws Exception {
      String trace = events.isEmpty() ? "-" : String.join(", ", events);
      long quiet = wanted.equals(FailureTable.Seen.NOTHING) ? QUIET_NANOS : Long.MAX_VALUE;
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
      FailureTable.Seen last = FailureTable.Seen.NOTHING;
      long since = System.nanoTime();
      while (true) {
        Replica now = mesh.seen(bad).orElseThrow();
        FailureTable.Seen seen =
            new FailureTable.Seen(client, trace, metrics(now), condition(harm, now));
        long time = System.nanoTime();
        if (!seen.equals(last)) {
          last = seen;
          since = time;
        }
        if (seen.equals(wanted) || time - since > quiet || time > end) {
          return seen;
        }
        TimeUnit.MILLISECONDS.sleep(20);
      }
    }

    private static String metrics(Replica replica) {
      List<String> counted = new ArrayList<>();
      if (replica.getFailures() > 0) {
        counted.add("failures");
      }
      if (replica.getEjections() > 0) {
        counted.add("ejections");
      }
      if (replica.getMoved() > 0) {
        counted.add("moved");
      }
      return counted.isEmpty() ? "-" : String.join(", ", counted);
    }

    /** How long a replica drains before it is gone depends on the machine. */
    private static String condition(Harm harm, Replica replica) {
      String condition = label(replica);
      return harm == Harm.DRAIN && ENDING.contains(condition)
          ? String.join(", then ", ENDING)
          : condition;
    }

    private static String label(Replica replica) {
      return replica
          .getCondition()
          .name()
          .substring("CONDITION_".length())
          .toLowerCase(Locale.ROOT)
          .replace('_', ' ');
    }
  }
}
