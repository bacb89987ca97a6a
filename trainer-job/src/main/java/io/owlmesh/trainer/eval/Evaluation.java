// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.eval;

import io.owlmesh.core.OwlException;
import io.owlmesh.trainer.data.BadSample;
import io.owlmesh.trainer.data.SampleSource;
import io.owlmesh.trainer.data.SampleSources;
import java.io.IOException;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Asks all questions of a file and compares the answers with the truth. */
public final class Evaluation {
  /** Tokens of an answer where nobody says: replies of a test are words and short sentences. */
  public static final int USUAL_TOKENS = 64;

  private static final Pattern SPACES = Pattern.compile("\\s+");
  private static final Pattern END = Pattern.compile("[.!。！]+$");

  /** Told after each answer. */
  @FunctionalInterface
  public interface Progress {
    void answered(int done, int all, int right);
  }

  private Evaluation() {}

  /**
   * The questions of a file.
   *
   * @param limit of each skill and language; 0 for all
   * @throws OwlException BAD_INPUT if a line cannot be used
   */
  public static List<EvalQuestion> questions(Path test, int limit) {
    Map<String, Integer> counts = new HashMap<>();
    List<EvalQuestion> questions = new ArrayList<>();
    try (SampleSource source = SampleSources.open(test.toString(), Optional.empty())) {
      for (int i = 0; i < source.size(); i++) {
        EvalQuestion question = EvalQuestion.of(source.read(i));
        int seen =
            counts.merge(question.label("skill") + question.label("language"), 1, Integer::sum);
        if (limit == 0 || seen <= limit) {
          questions.add(question);
        }
      }
    } catch (BadSample e) {
      throw OwlException.badInput("test", String.valueOf(e.getMessage()));
    }
    return questions;
  }

  /**
   * Asks.
   *
   * @throws IOException if an image cannot be read
   */
  public static EvalReport run(Answerer answerer, List<EvalQuestion> questions, Progress progress)
      throws IOException {
    List<EvalReport.Answered> answers = new ArrayList<>();
    int right = 0;
    for (EvalQuestion question : questions) {
      String answer = answerer.answer(question);
      boolean same = normal(answer).equals(normal(question.truth()));
      right += same ? 1 : 0;
      answers.add(new EvalReport.Answered(question, answer.strip(), same));
      progress.answered(answers.size(), questions.size(), right);
    }
    return new EvalReport(scores(answers), answers);
  }

  /** What is compared: compatibility forms, lower case, single spaces, no final stop. */
  static String normal(String text) {
    String plain =
        Normalizer.normalize(text, Normalizer.Form.NFKC).toLowerCase(Locale.ROOT).strip();
    return END.matcher(SPACES.matcher(plain).replaceAll(" ")).replaceAll("").strip();
  }

  private static List<Score> scores(List<EvalReport.Answered> answers) {
    Map<String, int[]> counts = new TreeMap<>();
    for (EvalReport.Answered answer : answers) {
      EvalQuestion question = answer.question();
      count(counts, "1\tability\t" + question.label("ability"), answer.right());
      count(
          counts,
          "2\tskill\t%s (%s)".formatted(question.label("skill"), question.label("language")),
          answer.right());
      count(counts, "3\tlanguage\t" + question.label("language"), answer.right());
      if (!question.images().isEmpty()) {
        boolean held = question.label("heldout").equals("true");
        count(
            counts,
            "4\tcombinations\t" + (held ? "never seen in training" : "seen in training"),
            answer.right());
      }
      count(counts, "5\tall\tall", answer.right());
    }
    List<Score> scores = new ArrayList<>();
    counts.forEach((key, count) -> {
      List<String> parts = List.of(key.split("\t", -1));
      scores.add(new Score(parts.get(1), parts.get(2), count[0], count[1]));
    });
    return scores;
  }

  private static void count(Map<String, int[]> counts, String key, boolean right) {
    int[] count = counts.computeIfAbsent(key, _ -> new int[2]);
    count[0] += right ? 1 : 0;
    count[1]++;
  }
}
