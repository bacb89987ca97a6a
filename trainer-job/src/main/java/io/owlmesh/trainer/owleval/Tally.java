// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.owleval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.owlmesh.core.Columns;
import io.owlmesh.core.OwlException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Counts grades by system, for questions asked alone and for those of conversations. */
public final class Tally {
  static final List<String> GRADES = List.of("A", "B", "C", "D");

  private Tally() {}

  /**
   * The counts as a table: a row a system, A/B/C/D of single turns, then of multiple turns.
   *
   * @param grades what the page gave out
   * @param answers the files that the page was made of, in the same order
   * @throws OwlException BAD_INPUT if they do not belong together
   */
  public static String table(Path grades, Path folder, List<Path> answers) {
    JsonNode root;
    try {
      root = new ObjectMapper().readTree(grades.toFile());
    } catch (IOException e) {
      throw OwlException.badInput("grades", grades + ": " + e.getMessage());
    }
    Blind blind = new Blind(answers, root.path("seed").asLong());
    Map<String, int[][]> counts = new TreeMap<>();
    for (OwlQuestion question : OwlQuestion.read(folder)) {
      List<OwlAnswer> shown = blind.shown(question.id());
      for (int i = 0; i < shown.size(); i++) {
        String grade = root.path("grades").path(question.id() + "." + i).asText("");
        int[][] count = counts.computeIfAbsent(shown.get(i).model(), _ -> new int[2][4]);
        int at = GRADES.indexOf(grade);
        if (at >= 0 && question.isSingle()) {
          count[0][at]++;
        }
        if (at >= 0 && question.isMulti()) {
          count[1][at]++;
        }
      }
    }
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("SYSTEM", "SINGLE TURN A/B/C/D", "MULTI TURN A/B/C/D"));
    counts.forEach((model, count) -> rows.add(List.of(model, row(count[0]), row(count[1]))));
    return new Columns(rows) + System.lineSeparator();
  }

  private static String row(int[] counts) {
    return "%d/%d/%d/%d".formatted(counts[0], counts[1], counts[2], counts[3]);
  }
}
