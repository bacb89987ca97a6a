// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.model.text.ChatTemplate;
import io.owlmesh.model.text.ChatTemplate.Role;
import io.owlmesh.model.text.ChatTemplate.Turn;
import io.owlmesh.model.text.ChatTemplates;
import io.owlmesh.model.text.Prompt;
import io.owlmesh.orchestrator.mesh.MeshInfo.WeightDigests;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PromptNamesTest {
  private static final PromptNames.Seed SEED =
      new PromptNames.Seed(new WeightDigests("V", "A", "L"), "", "");
  private static final Turn QUESTION = new Turn(Role.HUMAN, "Who is it?", 0);
  private static final List<Turn> DIALOGUE =
      List.of(QUESTION, new Turn(Role.AI, "An owl.", 0), new Turn(Role.HUMAN, "Sure?", 0));

  /** Those of BLIP lay out one text, not turns. */
  static List<String> templates() {
    return ChatTemplates.names().stream().filter(name -> !name.contains("blip")).toList();
  }

  private static PromptNames names(Prompt prompt, PromptNames.Seed seed, String... pictures) {
    return PromptNames.of(prompt, List.of(pictures), 10, seed);
  }

  @ParameterizedTest
  @MethodSource("templates")
  void theNameOfAnEarlierTurnIsAmongThoseThatAreKnown(String name) {
    ChatTemplate template = ChatTemplates.named(name).orElseThrow();
    PromptNames first = names(template.prompt("S", List.of(QUESTION)), SEED);
    PromptNames later = names(template.prompt("S", DIALOGUE), SEED);

    assertThat(later.known()).contains(first.parts().getLast());
    assertThat(later.parts()).doesNotContain(first.parts().getLast());
    assertThat(later.total()).isGreaterThan(first.total());
  }

  @Test
  void anEarlierTurnIsFoundBeforeAPictureThatCameLater() {
    ChatTemplate template = ChatTemplates.named("mplug-owl").orElseThrow();
    PromptNames first =
        names(template.prompt("S", List.of(new Turn(Role.HUMAN, "Who?", 1))), SEED, "a");
    PromptNames later =
        names(
            template.prompt(
                "S",
                List.of(
                    new Turn(Role.HUMAN, "Who?", 1),
                    new Turn(Role.AI, "An owl.", 0),
                    new Turn(Role.HUMAN, "And this?", 1))),
            SEED,
            "a",
            "b");

    assertThat(later.known()).containsAll(first.parts());
    assertThat(later.first()).isEqualTo(first.first());
  }

  @Test
  void whateverKeysAndValuesDependOnIsInTheName() {
    Prompt prompt = Prompt.parse("one <image> two");
    List<PromptNames> all =
        List.of(
            names(prompt, SEED, "a"),
            names(prompt, SEED, "b"),
            names(prompt, new PromptNames.Seed(SEED.weights(), "adapter digest", ""), "a"),
            names(prompt, new PromptNames.Seed(SEED.weights(), "", "tenant"), "a"),
            names(prompt, new PromptNames.Seed(new WeightDigests("V", "A", "M"), "", ""), "a"),
            names(Prompt.parse("one <image> two!"), SEED, "a"));

    assertThat(all.stream().map(names -> names.parts().getLast())).doesNotHaveDuplicates();
  }

  @Test
  void visualTokensAreCountedAndTextIsGuessed() {
    assertThat(names(Prompt.parse("abcdefgh<image>"), SEED, "a").positions())
        .containsExactly(1 + 1 + 2, 1 + 1 + 2 + 10);
  }
}
