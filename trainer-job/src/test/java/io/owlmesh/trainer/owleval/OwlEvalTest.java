// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.owleval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.core.OwlException;
import io.owlmesh.model.text.ChatTemplate.Turn;
import io.owlmesh.trainer.Tiny;
import io.owlmesh.trainer.eval.Answerer;
import io.owlmesh.trainer.eval.EvalQuestion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OwlEvalTest {
  @TempDir private Path folder;

  @BeforeEach
  void writeQuestions() throws IOException {
    Files.createDirectory(folder.resolve("cases"));
    for (String name : List.of("1.jpg", "2.jpg")) {
      Files.copy(Tiny.FOLDER.resolve("images/photo-a.jpg"), folder.resolve("cases").resolve(name));
    }
    Files.writeString(
        folder.resolve("questions.jsonl"),
        """
        {"image": "1.jpg", "question_id": 1, "question": "What?", "category": ["single_turn"]}
        {"image": "2.jpg", "question_id": 3, "question": "Why?", "category": ["multi_turn"]}
        {"image": "2.jpg", "question_id": 2, "question": "Who?", "category": ["single_turn", "multi_turn"]}
        """);
  }

  /** Answers with what it was asked. */
  private static final class Echo implements Answerer {
    private final List<EvalQuestion> asked = new ArrayList<>();

    @Override
    public String answer(EvalQuestion question) {
      asked.add(question);
      return question.turns().stream().map(Turn::text).collect(Collectors.joining("|"));
    }

    @Override
    public void close() {}
  }

  private Path answers(String model) throws IOException {
    Path out = folder.resolve(model + ".jsonl");
    OwlEval.answer(new Echo(), folder, out, model, _ -> {});
    return out;
  }

  @Test
  void aConversationIsAskedInOrderWithTheRepliesThatWereGiven() throws IOException {
    List<OwlAnswer> answers = OwlAnswer.read(answers("echo"));

    assertThat(answers).extracting(OwlAnswer::id).containsExactly(1, 2, 3);
    assertThat(answers)
        .extracting(OwlAnswer::answer)
        .containsExactly("What?", "Who?", "Who?|Who?|Why?");
    assertThat(Files.readAllLines(folder.resolve("echo.jsonl")).getFirst())
        .contains("\"image\":\"1.jpg\"", "\"question_id\":1", "\"model_id\":\"echo\"");
  }

  @Test
  void thePageHidesWhoAnsweredAndEscapesWhatTheySaid() throws IOException {
    Path one = answers("secret-one");
    Path two =
        Files.writeString(
            folder.resolve("two.jsonl"),
            Files.readString(one)
                .replace("secret-one", "secret-two")
                .replace("\"answer\":\"What?\"", "\"answer\":\"</script><b>x\""));
    Path page = folder.resolve("page.html");

    GradingPage.write(page, folder, List.of(one, two), 7);

    assertThat(Files.readString(page))
        .doesNotContain("secret-one", "secret-two", "</script><b>x")
        .contains("&lt;/script&gt;&lt;b&gt;x", "data:;base64,", "name=\"3.1\"");
  }

  @Test
  void gradesAreCountedForTheSystemThatEarnedThem() throws IOException {
    Path one = answers("one");
    Path two = answers("two");
    List<Path> files = List.of(one, two);
    Blind blind = new Blind(files, 7);
    StringBuilder grades = new StringBuilder("{\"seed\": 7, \"grades\": {");
    for (int id = 1; id <= 3; id++) {
      List<OwlAnswer> shown = blind.shown(id);
      for (int i = 0; i < 2; i++) {
        String grade = shown.get(i).model().equals("one") ? "A" : "D";
        grades.append("\"%d.%d\": \"%s\",".formatted(id, i, grade));
      }
    }
    Path file =
        Files.writeString(
            folder.resolve("grades.json"), grades.substring(0, grades.length() - 1) + "}}");

    assertThat(Tally.table(file, folder, files).lines().skip(1).map(l -> l.replaceAll(" +", " ")))
        .containsExactly("one 2/0/0/0 2/0/0/0", "two 0/0/0/2 0/0/0/2");
  }

  @Test
  void aQuestionWithoutAnImageIsRefusedByItsLine() throws IOException {
    Files.writeString(folder.resolve("questions.jsonl"), "{\"question_id\": 1}\n");

    assertThatThrownBy(() -> OwlQuestion.read(folder))
        .isInstanceOf(OwlException.class)
        .hasMessageContaining("line 1");
  }
}
