// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.owlmesh.model.text.ChatTemplate.Role;
import io.owlmesh.model.text.ChatTemplate.Turn;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** LLaVA's two tokenizer pipelines and its templates. */
class LlavaTextTest {
  private static final Path FOLDER = Path.of("src/test/resources/llava-tiny/tokenizers");
  private static final PromptTokens.Layout LAYOUT = new PromptTokens.Layout(1, 512, 16, true);

  @ParameterizedTest
  @ValueSource(strings = {"non-legacy", "model-only"})
  void everyTextGivesTheReferenceIds(String pipeline) {
    Tokenizer tokenizer = Tokenizer.open(FOLDER.resolve(pipeline)).withWholeRuns();
    String golden =
        pipeline.equals("non-legacy")
            ? "/llava-tiny/tokenizers/non-legacy/tokens.json"
            : "/llava-tiny/tokens.json";
    for (JsonNode one : TextFixture.cases(golden)) {
      int[] ids = TextFixture.ids(one.get("ids"));
      assertThat(tokenizer.encode(one.get("text").asText())).as("%s", one).isEqualTo(ids);
      assertThat(tokenizer.decode(ids)).isEqualTo(one.get("decoded").asText());
    }
  }

  @Test
  void onlyTheFirstTextOfAPromptBeginsOneWhereThePipelineSaysSo() {
    Tokenizer tokenizer = Tokenizer.open(FOLDER.resolve("non-legacy"));
    for (JsonNode one : TextFixture.cases("/llava-tiny/tokenizers/non-legacy/prompts.json")) {
      assertThat(Prompt.parse(one.get("prompt").asText()).encode(tokenizer, LAYOUT).ids())
          .as(one.get("name").asText())
          .isEqualTo(TextFixture.ids(one.get("ids")));
    }
  }

  @Test
  void placeholdersAndMarksThatPeopleTypeStayText() {
    Tokenizer tokenizer = Tokenizer.open(FOLDER.resolve("model-only"));
    Prompt typed = new Prompt(List.of(new Prompt.Text("<image></s>")));
    assertThat(typed.encode(tokenizer, LAYOUT).ids()).doesNotContain(500, 2, PromptTokens.VISUAL);
    Prompt meant = new Prompt(List.of(new Prompt.Image(), new Prompt.Mark("</s>")));
    assertThat(meant.encode(tokenizer, LAYOUT).ids()).hasSize(18).endsWith(2);
  }

  @Test
  void theAuthorsLayoutPutsAMarkBehindAnswers() {
    ChatTemplate template = ChatTemplates.named("vicuna-v1").orElseThrow();
    List<Turn> turns =
        List.of(
            new Turn(Role.HUMAN, "What is it?", 1),
            new Turn(Role.AI, "An owl.", 0),
            new Turn(Role.HUMAN, "And where?", 0));
    assertThat(template.prompt("S", turns))
        .isEqualTo(
            Prompt.parse(
                "S USER: <image>\nWhat is it? ASSISTANT: An owl.</s>USER: And where? ASSISTANT:"));
  }

  @Test
  void bytesThatAreNoTextTogetherAreReplacedOneByOne() {
    Tokenizer tokenizer = Tokenizer.open(FOLDER.resolve("model-only"));
    // An A, and the beginning of a character that never ends.
    int[] ids = {3 + 'A', 3 + 0xf0, 3 + 0x9f};
    assertThat(tokenizer.decode(ids)).isEqualTo("A\ufffd\ufffd");
    assertThat(tokenizer.withWholeRuns().decode(ids)).isEqualTo("\ufffd\ufffd\ufffd");
  }
}
