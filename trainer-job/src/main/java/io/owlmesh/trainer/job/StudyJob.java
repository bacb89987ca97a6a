// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.trainer.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/**
 * Runs every variant of a study with every seed, and compares what they came to. What is up to date
 * is kept, so a study that was killed goes on.
 */
public final class StudyJob {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ALL = "all";

  private final Recipe recipe;
  private final TrainingMonitor watching;

  public StudyJob(Recipe recipe, TrainingMonitor watching) {
    this.recipe = recipe;
    this.watching = watching;
  }

  /**
   * Runs all that is left to do; leaves study.json and study.md in the output folder.
   *
   * @return whether it came to its end; false if it was told to stop and saved its state
   * @throws IOException if a file cannot be read or written
   */
  public boolean run() throws IOException {
    Recipe.Study study = recipe.study().orElseThrow();
    // Of each variant, the shares of right answers by ability, one a seed.
    Map<String, Map<String, List<Double>>> scores = new LinkedHashMap<>();
    for (long seed : study.seeds()) {
      for (Recipe.Variant variant : study.variants()) {
        watching.say("Variant %s, seed %d".formatted(variant.name(), seed));
        Recipe one = recipe.of(variant, seed);
        Path results = one.output().resolve(variant.name());
        if (new Job(one, results, watching).run().isEmpty()) {
          return false;
        }
        collect(
            results.resolve("eval.json"),
            scores.computeIfAbsent(variant.name(), _ -> new LinkedHashMap<>()));
      }
    }
    write(scores);
    return true;
  }

  private static void collect(Path eval, Map<String, List<Double>> scores) throws IOException {
    for (JsonNode score : JSON.readTree(eval.toFile()).path("scores")) {
      String kind = score.path("kind").asText();
      if (kind.equals("ability") || kind.equals(ALL)) {
        scores
            .computeIfAbsent(score.path("name").asText(), _ -> new ArrayList<>())
            .add(score.path("accuracy").asDouble());
      }
    }
  }

  private void write(Map<String, Map<String, List<Double>>> scores) throws IOException {
    ObjectNode json = JSON.createObjectNode();
    TreeSet<String> abilities = new TreeSet<>();
    scores.forEach((variant, byAbility) -> {
      abilities.addAll(byAbility.keySet());
      json.set(variant, JSON.valueToTree(byAbility));
    });
    abilities.remove(ALL);
    List<String> columns = new ArrayList<>(abilities);
    columns.addFirst(ALL);
    StringBuilder table = new StringBuilder("| variant |");
    columns.forEach(column -> table.append(' ').append(column.replace('_', ' ')).append(" |"));
    table.append("\n|---|").append("---:|".repeat(columns.size()));
    scores.forEach((variant, byAbility) -> {
      table.append("\n| ").append(variant).append(" |");
      columns.forEach(column ->
          table.append(' ').append(cell(byAbility.getOrDefault(column, List.of()))).append(" |"));
    });
    JSON.writerWithDefaultPrettyPrinter()
        .writeValue(recipe.output().resolve("study.json").toFile(), json);
    Files.writeString(recipe.output().resolve("study.md"), table.append('\n'));
    watching.say(table.toString());
  }

  /** Mean and sample standard deviation in percent. */
  private static String cell(List<Double> shares) {
    double mean = shares.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
    double squares = shares.stream().mapToDouble(share -> (share - mean) * (share - mean)).sum();
    double spread = shares.size() > 1 ? Math.sqrt(squares / (shares.size() - 1)) : 0;
    return String.format(Locale.ROOT, "%.1f ± %.1f", 100 * mean, 100 * spread);
  }
}
