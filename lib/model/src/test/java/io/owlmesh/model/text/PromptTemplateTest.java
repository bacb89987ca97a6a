// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.text.ChatTemplate.Role;
import io.owlmesh.model.text.ChatTemplate.Turn;
import io.owlmesh.model.text.Prompt.Image;
import io.owlmesh.model.text.Prompt.Text;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PromptTemplateTest {
  private static final ChatTemplate TEMPLATE = ChatTemplates.named("mplug-owl").orElseThrow();

  private static final Map<String, List<Turn>> DIALOGUES =
      Map.of(
          "text-only", List.of(human("How many birds are in the picture?", 0)),
          "one-image", List.of(human("What colour is the square?", 1)),
          "chinese", List.of(human("圆形是什么颜色的？🦉", 1)),
          "two-images", List.of(human("Which of the two pictures shows more stars?", 2)),
          "multi-turn", List.of(human("What is it?", 1), ai("An owl."), human("And this one?", 1)),
          "same-image-twice", List.of(human("A?", 1), ai("B."), human("C?", 1)));

  private static Turn human(String text, int images) {
    return new Turn(Role.HUMAN, text, images);
  }

  private static Turn ai(String text) {
    return new Turn(Role.AI, text, 0);
  }

  @Test
  void theDialoguesOfTheFixtureGiveTheReferenceIds() {
    Map<String, JsonNode> cases =
        TextFixture.cases("/owl-tiny/forward.json").stream()
            .collect(Collectors.toMap(c -> c.get("name").asText(), c -> c));
    DIALOGUES.forEach((name, turns) -> {
      JsonNode expected = Objects.requireNonNull(cases.get(name), name);
      Prompt prompt = TEMPLATE.prompt(turns);
      assertThat(prompt).as(name).isEqualTo(Prompt.parse(expected.get("prompt").asText()));
      assertThat(TextFixture.config().encode(prompt, TextFixture.tiny()).ids())
          .as(name)
          .isEqualTo(TextFixture.ids(expected.get("ids")));
    });
  }

  @Test
  void aPlaceholderThatAUserTypedStaysText() {
    Prompt prompt = TEMPLATE.prompt(List.of(human("What does <image> mean?", 1)));
    assertThat(prompt.parts())
        .containsExactly(
            new Text(TEMPLATE.system() + "\nHuman: "),
            new Image(),
            new Text("\nHuman: What does <image> mean?\nAI: "));
  }

  @Test
  void imagesWithoutTextGiveTheirLinesAlone() {
    assertThat(TEMPLATE.prompt(List.of(human("", 1))).parts())
        .endsWith(new Image(), new Text("\nAI: "));
  }

  @Test
  void anotherSystemSentenceTakesThePlaceOfTheDefault() {
    assertThat(TEMPLATE.prompt("Be brief.", List.of(human("Hi", 0))).parts())
        .containsExactly(new Text("Be brief.\nHuman: Hi\nAI: "));
  }

  @Test
  void dialoguesThatCannotBeAnsweredAreRefusedNamingTheField() {
    expectRefused("turns");
    expectRefused("turns[1].role", human("Hi", 0), ai("Hello"));
    expectRefused("turns[0].images", new Turn(Role.AI, "Look", 1), human("Hi", 0));
    expectRefused("turns[1].images", human("Hi", 0), human("Hi", -1));
    expectRefused("turns[0]", human("", 0));
  }

  @Test
  void tooMuchTextIsRefusedNamingTheField() {
    String most = "a".repeat(1 << 20);
    expectRefused("turns[1].text", human("Hi", 0), human(most + "a", 0));
    expectRefused("turns", human(most, 0), human("a", 0));
  }

  private static void expectRefused(String field, Turn... turns) {
    assertThatThrownBy(() -> TEMPLATE.prompt(Stream.of(turns).toList()))
        .isInstanceOfSatisfying(
            OwlException.class,
            refusal -> {
              assertThat(refusal.fault()).isEqualTo(Fault.BAD_INPUT);
              assertThat(refusal.field()).isEqualTo(field);
            });
  }
}
