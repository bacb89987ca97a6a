// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.text.ChatTemplate.Role;
import io.owlmesh.model.text.ChatTemplate.Turn;
import io.owlmesh.model.text.DialogueText;
import io.owlmesh.runtime.EngineOptions;
import io.owlmesh.trainer.Tiny;
import io.owlmesh.trainer.data.TrainingSample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluationTest {
  private static final String SYSTEM = "Be kind.";

  @TempDir private Path folder;

  private static TrainingSample sample(
      String text, Map<String, String> labels, TrainingSample.Image... images) {
    return new TrainingSample("test, sample 1", text, List.of(images), labels);
  }

  private record Photo(String name) implements TrainingSample.Image {
    @Override
    public byte[] read() throws IOException {
      return Files.readAllBytes(Tiny.FOLDER.resolve("images").resolve(name));
    }
  }

  @Test
  void turnsBeforeTheLastReplyAreItsHistory() {
    EvalQuestion question =
        EvalQuestion.of(
            sample(
                SYSTEM
                    + "\nHuman: <image>\nHuman: What is it?\nAI: An owl.\nWith wings.\nHuman: And"
                    + " now?\nAI: It sleeps.",
                Map.of("id", "q1"),
                new Photo("rgb.png")));

    assertThat(question.turns())
        .containsExactly(
            new Turn(Role.HUMAN, "What is it?", 1),
            new Turn(Role.AI, "An owl.\nWith wings.", 0),
            new Turn(Role.HUMAN, "And now?", 0));
    assertThat(question.truth()).isEqualTo("It sleeps.");
    assertThatThrownBy(() -> EvalQuestion.of(sample(SYSTEM + "\nHuman: Who?", Map.of())))
        .isInstanceOf(OwlException.class)
        .hasMessageContaining("does not end with a reply");
  }

  @Test
  void answersAreComparedWithoutCaseSpacesAndFinalStops() {
    assertThat(Evaluation.normal(" A  red\ncircle. ")).isEqualTo("a red circle");
    assertThat(Evaluation.normal("两个。")).isEqualTo(Evaluation.normal("两个"));
    assertThat(Evaluation.normal("HAWK")).isNotEqualTo(Evaluation.normal("HAWKS"));
  }

  @Test
  void intervalsAreWilsons() {
    // Values of R's binom.confint(method = "wilson").
    Score score = new Score("skill", "count", 8, 10);

    assertThat(score.low()).isEqualTo(0.4901625, within(1e-6));
    assertThat(score.high()).isEqualTo(0.9433178, within(1e-6));
    assertThat(new Score("skill", "count", 10, 10).high()).isEqualTo(1, within(1e-12));
  }

  @Test
  void groupsAreCountedAndAnswersEscaped() throws IOException {
    List<EvalQuestion> questions =
        List.of(
            EvalQuestion.of(
                sample(
                    SYSTEM + "\nHuman: Colour?\nAI: Red.",
                    Map.of("skill", "colour", "ability", "visual", "language", "en"))),
            EvalQuestion.of(
                sample(
                    SYSTEM + "\nHuman: Shape?\nAI: Round.",
                    Map.of("skill", "shape", "ability", "visual", "language", "en"))));

    EvalReport report = Evaluation.run(new Always("red</script><b>"), questions, (_, _, _) -> {});
    EvalReport right = Evaluation.run(new Always("red"), questions, (_, _, _) -> {});

    assertThat(right.score("ability", "visual").orElseThrow().right()).isEqualTo(1);
    assertThat(right.score("skill", "colour (en)").orElseThrow().accuracy()).isEqualTo(1);
    assertThat(report.score("all", "all").orElseThrow().right()).isZero();
    report.writeHtml(folder.resolve("report.html"));
    report.writeJson(folder.resolve("report.json"));
    assertThat(Files.readString(folder.resolve("report.html")))
        .contains("red&lt;/script&gt;&lt;b&gt;")
        .doesNotContain("</script><b>");
    assertThat(new ObjectMapper().readTree(folder.resolve("report.json").toFile()).path("answers"))
        .hasSize(2);
  }

  /** Has one answer to everything. */
  private record Always(String text) implements Answerer {
    @Override
    public String answer(EvalQuestion question) {
      return text;
    }

    @Override
    public void close() {}
  }

  @Test
  void aCheckpointAnswersAsTheReference() throws IOException {
    JsonNode golden = golden();
    EvalQuestion question =
        EvalQuestion.of(
            sample(
                golden.get("prompt").asText() + "truth",
                Map.of(),
                new Photo(golden.get("images").get(0).asText())));

    try (Answerer answerer =
        new CheckpointAnswerer(
            Tiny.CHECKPOINT,
            Optional.empty(),
            EngineOptions.DEFAULTS,
            golden.get("greedy").size())) {
      assertThat(answerer.answer(question)).isEqualTo(golden.get("text").asText());
    }
  }

  /** A case of one image in the template, without an adapter. */
  private static JsonNode golden() throws IOException {
    for (JsonNode test :
        new ObjectMapper().readTree(Tiny.FOLDER.resolve("forward.json").toFile())) {
      String prompt = test.get("prompt").asText();
      if (prompt.startsWith(DialogueText.TEMPLATE.system())
          && test.get("images").size() == 1
          && test.get("adapter").isNull()) {
        return test;
      }
    }
    throw new AssertionError("no such case");
  }
}
