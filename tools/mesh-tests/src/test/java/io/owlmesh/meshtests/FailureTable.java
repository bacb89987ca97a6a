// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What happens when something happens to a replica, as a table in Markdown. */
final class FailureTable {
  private static final String HEADING =
      "| fault | stage | first token | the client sees | trace | metrics | state |";
  private static final int COLUMNS = 7;

  /**
   * What is seen of a fault.
   *
   * @param client how the answers end
   * @param trace events of the trace
   * @param metrics what is counted against the replica
   * @param state of the replica as the orchestrator sees it
   */
  record Seen(String client, String trace, String metrics, String state) {
    static final Seen NOTHING = new Seen("", "", "", "");
  }

  /** Which case; in the order of what can happen, of the stages, and of time. */
  private record Case(String fault, String stage, String when) implements Comparable<Case> {
    private static final List<String> ORDER =
        Stream.of(
                Arrays.stream(Harm.values()).map(Harm::label),
                FaultyMesh.STAGES.stream(),
                Arrays.stream(FailureMatrixTest.When.values()).map(FailureMatrixTest.When::label))
            .flatMap(all -> all)
            .toList();

    @Override
    public int compareTo(Case other) {
      return Comparator.<Case>comparingInt(one -> ORDER.indexOf(one.fault))
          .thenComparingInt(one -> ORDER.indexOf(one.stage))
          .thenComparingInt(one -> ORDER.indexOf(one.when))
          .compare(this, other);
    }
  }

  private record AtStage(String fault, String stage, Seen seen) {}

  private record AtTimes(String fault, String times, Seen seen) {}

  private final Map<Case, Seen> cells = new TreeMap<>();

  /** Reads the table of a document, whatever is around it. */
  static FailureTable read(String document) {
    FailureTable table = new FailureTable();
    document
        .lines()
        .filter(line -> line.startsWith("| ") && !line.equals(HEADING))
        .map(line -> line.substring(2, line.length() - 2).split(" \\| ", -1))
        .filter(row -> row.length == COLUMNS)
        .forEach(row -> {
          for (String stage : row[1].split(", ", -1)) {
            for (String when : row[2].split(", ", -1)) {
              table.put(row[0], stage, when, new Seen(row[3], row[4], row[5], row[6]));
            }
          }
        });
    return table;
  }

  void put(String fault, String stage, String when, Seen seen) {
    cells.put(new Case(fault, stage, when), seen);
  }

  Seen get(String fault, String stage, String when) {
    return cells.getOrDefault(new Case(fault, stage, when), Seen.NOTHING);
  }

  /** Takes over what another table says of a fault. */
  void copy(FailureTable other, String fault) {
    other.cells.forEach((one, seen) -> {
      if (one.fault().equals(fault)) {
        cells.put(one, seen);
      }
    });
  }

  /** A row for each fault and all stages and times at which the same is seen. */
  @Override
  public String toString() {
    Map<AtStage, Set<String>> times = new LinkedHashMap<>();
    cells.forEach((one, seen) ->
        times
            .computeIfAbsent(
                new AtStage(one.fault(), one.stage(), seen), _ -> new LinkedHashSet<>())
            .add(one.when()));
    Map<AtTimes, Set<String>> stages = new LinkedHashMap<>();
    times.forEach((one, when) ->
        stages
            .computeIfAbsent(
                new AtTimes(one.fault(), String.join(", ", when), one.seen()),
                _ -> new LinkedHashSet<>())
            .add(one.stage()));
    StringBuilder rows = new StringBuilder(HEADING + "\n|---|---|---|---|---|---|---|\n");
    stages.forEach((one, where) ->
        rows.append(
            "| %s | %s | %s | %s | %s | %s | %s |\n"
                .formatted(
                    one.fault(),
                    String.join(", ", where),
                    one.times(),
                    one.seen().client(),
                    one.seen().trace(),
                    one.seen().metrics(),
                    one.seen().state())));
    return rows.toString();
  }
}
