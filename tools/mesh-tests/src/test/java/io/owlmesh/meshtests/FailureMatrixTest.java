// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.meshtests.Dialogues.Golden;
import io.owlmesh.meshtests.Relay.Mode;
import io.owlmesh.proto.chat.v1.AnswerResponse;
import io.owlmesh.proto.chat.v1.Conversation;
import io.owlmesh.proto.mesh.v1.Replica;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Does to a replica of each stage what can happen to it, before, during and after the first token of
 * an answer, and holds what came of it against the table in the documents.
 */
class FailureMatrixTest {
  private static final Path DOCUMENT = Path.of("docs/reference/failure-matrix.md");
  private static final Path WRITTEN = Path.of("target/failure-matrix.md");
  private static final int TOKENS = 40;
  private static final long SETTLING_SECONDS = 6;

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
  private final Conversation question =
      golden.conversation().toBuilder()
          .setOptions(
              golden.conversation().getOptions().toBuilder()
                  .setMinNewTokens(TOKENS)
                  .setMaxNewTokens(TOKENS))
          .build();

  FailureMatrixTest() throws Exception {}

  @Test
  @Timeout(value = 10, unit = TimeUnit.MINUTES)
  void whatFailuresDoIsWhatTheTableSays(@TempDir Path folder) throws Exception {
    FailureTable expected =
        FailureTable.read(Files.readString(Processes.ROOT.resolve(DOCUMENT)));
    FailureTable found = new FailureTable();
    try (Traces traces = new Traces();
        FaultyMesh mesh = new FaultyMesh(folder, traces)) {
      String answer = AnswerCaller.ask(mesh.door, question, golden.images()).text();
      assertThat(answer).isNotEmpty();
      Cells cells = new Cells(mesh, traces, answer, expected);
      for (Harm harm : Harm.values()) {
        if (harm == Harm.CLOCK_JUMP && !FaultyMesh.clocksJump()) {
          System.out.println("Clocks do not jump here: libfaketime is not installed.");
          found.copy(expected, harm.label());
          continue;
        }
        for (When when : When.values()) {
          // Another stage each time: processes that were ended start meanwhile.
          for (String stage : FaultyMesh.STAGES) {
            found.put(harm.label(), stage, when.label(), cells.run(harm, stage, when));
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

  /** One cell of the table after another. */
  private final class Cells {
    private final FaultyMesh mesh;
    private final Traces traces;
    private final String answer;
    private final FailureTable expected;

    Cells(FaultyMesh mesh, Traces traces, String answer, FailureTable expected) {
      this.mesh = mesh;
      this.traces = traces;
      this.answer = answer;
      this.expected = expected;
    }

    FailureTable.Seen run(Harm harm, String stage, When when) throws Exception {
      mesh.refresh(stage, harm.isLie());
      List<String> ids = new ArrayList<>();
      List<AnswerCaller> callers = new ArrayList<>();
      FaultyReplica bad = mesh.replicas(stage).getFirst();
      switch (when) {
        case BEFORE -> {
          harm.inflict(bad);
          // Enough to meet it, unless it is known to be bad.
          for (int i = 0; i < 4; i++) {
            ask(callers, ids);
          }
        }
        case DURING -> {
          mesh.replicas(stage).forEach(one -> one.relay().set(Mode.HOLD_ANSWERS));
          ask(callers, ids);
          bad = mesh.busy(stage);
          harm.inflict(bad);
          for (FaultyReplica one : mesh.replicas(stage)) {
            if (one != bad || !isOfTheNetwork(harm)) {
              one.relay().set(Mode.PASS);
            }
          }
        }
        case AFTER -> {
          mesh.replicas("llm").forEach(one -> one.relay().set(Mode.DRIP_ANSWERS));
          ask(callers, ids);
          callers.getFirst().awaitText();
          if (stage.equals("llm")) {
            bad = mesh.busy(stage);
          }
          harm.inflict(bad);
          for (FaultyReplica one : mesh.replicas("llm")) {
            if (one != bad) {
              one.relay().set(Mode.PASS);
            }
          }
        }
      }
      Set<String> client = new TreeSet<>();
      callers.forEach(one -> client.add(outcome(one)));
      Set<String> events = new TreeSet<>();
      for (String id : ids) {
        traces.await(id, Set.of("owl.answer"));
        events.addAll(traces.events(id));
      }
      events.retainAll(Set.of("failover", "moved"));
      FailureTable.Seen seen =
          settled(bad, String.join(", ", client), events, expected.get(harm.label(), stage, when.label()));
      harm.heal(bad, mesh.environment(bad.process()));
      mesh.replicas("llm").forEach(one -> one.relay().set(Mode.PASS));
      return seen;
    }

    private static boolean isOfTheNetwork(Harm harm) {
      return harm == Harm.SLOW || harm == Harm.RESET || harm == Harm.PARTITION;
    }

    private void ask(List<AnswerCaller> callers, List<String> ids) {
      String id = HexFormat.of().toHexDigits(random.nextLong() | 1).repeat(2);
      ids.add(id);
      AnswerCaller caller =
          AnswerCaller.open(mesh.door, 30_000, "00-" + id + "-00f067aa0ba902b7-01");
      caller.send(question, golden.images());
      callers.add(caller);
    }

    private String outcome(AnswerCaller caller) {
      if (!caller.status().isOk()) {
        return caller.status().getCode() + ": " + caller.status().getDescription();
      }
      if (!caller.text().equals(answer)) {
        return "another answer";
      }
      return caller.events().stream().anyMatch(AnswerResponse::hasMoved)
          ? "the answer, moved"
          : "the answer";
    }

    /** What the orchestrator thinks of it, once that is what the table says, or for good. */
    private FailureTable.Seen settled(
        FaultyReplica bad, String client, Set<String> events, FailureTable.Seen wanted)
        throws Exception {
      String trace = events.isEmpty() ? "-" : String.join(", ", events);
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SETTLING_SECONDS);
      while (true) {
        Replica now = mesh.seen(bad).orElseThrow();
        FailureTable.Seen seen =
            new FailureTable.Seen(client, trace, metrics(now), condition(now));
        if (seen.equals(wanted) || System.nanoTime() > end) {
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

    private static String condition(Replica replica) {
      return replica
          .getCondition()
          .name()
          .substring("CONDITION_".length())
          .toLowerCase(Locale.ROOT)
          .replace('_', ' ');
    }
  }
}
