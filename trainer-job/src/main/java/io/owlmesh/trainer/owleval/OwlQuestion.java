// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.owleval;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import io.owlmesh.core.OwlException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A line of questions.jsonl.
 *
 * @param image file name
 * @param id from 1, those of one image follow each other
 * @param category {@code single_turn}, {@code multi_turn} or both
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record OwlQuestion(
    String image, @JsonProperty("question_id") int id, String question, List<String> category) {
  static final String SINGLE = "single_turn";
  static final String MULTI = "multi_turn";

  private static final ObjectReader JSON = new ObjectMapper().readerFor(OwlQuestion.class);

  /**
   * Reads questions.jsonl, in the order of the ids.
   *
   * @throws OwlException BAD_INPUT naming the line that is wrong
   */
  public static List<OwlQuestion> read(Path folder) {
    Path file = folder.resolve("questions.jsonl");
    List<OwlQuestion> questions = new ArrayList<>();
    Set<Integer> ids = new HashSet<>();
    try {
      for (String line : Files.readAllLines(file)) {
        if (!line.isBlank()) {
          OwlQuestion question = JSON.readValue(line);
          check(question, ids, questions.size() + 1);
          questions.add(question);
        }
      }
    } catch (IOException e) {
      throw OwlException.badInput("questions.jsonl", String.valueOf(e.getMessage()));
    }
    questions.sort(Comparator.comparingInt(OwlQuestion::id));
    return questions;
  }

  @SuppressWarnings("NullAway") // Jackson leaves null what a line lacks.
  private static void check(OwlQuestion question, Set<Integer> ids, int line) {
    boolean whole =
        question.image() != null && question.question() != null && question.category() != null;
    if (!whole || !ids.add(question.id())) {
      throw OwlException.badInput(
          "questions.jsonl",
          "line %d lacks image, question or category, or repeats its id".formatted(line));
    }
    if (question.image().contains("/") || question.image().contains("\\")) {
      throw OwlException.badInput("questions.jsonl", "line " + line + ": image is no file name");
    }
  }

  boolean isMulti() {
    return category.contains(MULTI);
  }

  boolean isSingle() {
    return category.contains(SINGLE);
  }
}
