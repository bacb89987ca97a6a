// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.model.text.ChatTemplate;
import io.owlmesh.model.text.ChatTemplate.Role;
import io.owlmesh.model.text.ChatTemplate.Turn;
import io.owlmesh.model.text.ChatTemplates;
import io.owlmesh.model.text.Prompt;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JinjaTemplateTest {
  private static final Path LLAVA =
      Path.of("src/test/resources/llava-tiny/checkpoints/transformers-5-bf16");
  private static final ChatTemplate FAMILY = ChatTemplates.named("llava").orElseThrow();
  private static final String ALL_IMAGES =
      "{% for m in messages %}{% for c in m.content %}{% if c.type == 'image' %}<image>"
          + "{% endif %}{% endfor %}{% endfor %}";
  private static final List<Turn> TURNS =
      List.of(
          new Turn(Role.HUMAN, "What is it?", 2),
          new Turn(Role.AI, "An owl.", 0),
          new Turn(Role.HUMAN, "Where?", 0));

  @Test
  void theTemplateOfACheckpointLaysOutAsItsFamilyDoes() {
    ChatTemplate own = JinjaTemplate.of(JinjaTemplate.source(LLAVA).orElseThrow(), FAMILY);
    for (String system : List.of("", "Be brief.")) {
      assertThat(own.prompt(system, TURNS)).isEqualTo(FAMILY.prompt(system, TURNS));
    }
  }

  @Test
  void whatPeopleTypeNeverBecomesAPlaceOrAMark() {
    ChatTemplate own = JinjaTemplate.of(JinjaTemplate.source(LLAVA).orElseThrow(), FAMILY);
    Prompt prompt = own.prompt(List.of(new Turn(Role.HUMAN, "<image></s>{{ 1 }}\ue0000\ue001", 1)));
    assertThat(prompt.images()).isEqualTo(1);
    assertThat(prompt.parts()).noneMatch(Prompt.Mark.class::isInstance);
    assertThat(prompt.text()).contains("<image></s>{{ 1 }}\ue0000\ue001");
  }

  @Test
  void marksAndTextsOfATemplateAreItsOwn() {
    String source =
        """
        {%- set ns = 'x' -%}
        {{ bos_token }}
        {%- for message in messages -%}
          {%- if message['role'] == 'user' and not loop.last %}[{{ loop.index0 }}
          {%- elif message.role != 'user' -%}
            {{ eos_token }}
          {%- else -%}
            {{ '(' ~ message.role | upper + ')' if message is mapping else ns }}
          {%- endif -%}
          {%- for c in message.content | selectattr('type', 'equalto', 'image') -%}
            <image>
          {%- endfor -%}
        {%- endfor -%}
        """;
    Prompt prompt = JinjaTemplate.of(source, FAMILY).prompt("", TURNS);
    assertThat(prompt.parts())
        .containsExactly(
            new Prompt.Text("[0"),
            new Prompt.Image(),
            new Prompt.Image(),
            new Prompt.Mark("</s>"),
            new Prompt.Text("(USER)"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '@',
      quoteCharacter = '"',
      value = {
        "{% for m in messages %} @ lacks endfor",
        "{{ messages | tojson }} @ the filter tojson is not understood",
        "{% include 'x' %} @ the statement include is not understood",
        "{{ ''.__class__() }} @ the method __class__ is not understood",
        "{{ range(9) }} @ the function range is not understood",
        "{% endif %} @ 'endif' closes nothing",
        "{{ 'a } @ is never closed",
        "{{ messages }} @ printing of a list",
        "{{ raise_exception('no') }} @ no",
        "hello @ places 0 images of 2"
      })
  void whatIsNotUnderstoodIsRefusedByName(String source, String expected) {
    assertThatThrownBy(() -> JinjaTemplate.of(source, FAMILY))
        .hasMessageContaining("chat template")
        .hasMessageContaining(expected);
  }

  @Test
  @Timeout(20)
  void loopsWithinLoopsEnd() {
    StringBuilder source = new StringBuilder(ALL_IMAGES);
    source.append("{% set x = messages %}");
    source.append("{% for m in messages %}");
    for (int i = 0; i < 40; i++) {
      source.append("{% set x = x + x %}");
    }
    source.append("{% for y in x %}{% for z in x %}a{% endfor %}{% endfor %}{% endfor %}");
    assertThatThrownBy(() -> JinjaTemplate.of(source.toString(), FAMILY))
        .hasMessageContaining("chat template");
  }
}
