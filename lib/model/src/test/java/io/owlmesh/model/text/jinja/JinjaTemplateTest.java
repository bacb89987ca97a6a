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
import org.junit.jupiter.params.provider.ValueSource;

class JinjaTemplateTest {
  private static final Path LLAVA =
      Path.of("src/test/resources/llava-tiny/checkpoints/transformers-5-bf16");
  private static final ChatTemplate FAMILY = ChatTemplates.named("llava").orElseThrow();
  private static final String ALL_IMAGES =
      "{% for m in messages %}{% for c in m.content %}{% if c.type == 'image' %}<image>"
          + "{% endif %}{% endfor %}{% endfor %}";
  private static final String ALL =
      "{% for m in messages %}{% for c in m.content %}{% if c.type == 'image' %}<image>"
          + "{% else %}{{ c.text }}{% endif %}{% endfor %}{% endfor %}";
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
          {%- for c in message.content | selectattr('type', 'equalto', 'text') -%}
            {{ c.text }}
          {%- endfor -%}
        {%- endfor -%}
        """;
    Prompt prompt = JinjaTemplate.of(source, FAMILY).prompt("", TURNS);
    assertThat(prompt.parts())
        .containsExactly(
            new Prompt.Text("[0"),
            new Prompt.Image(),
            new Prompt.Image(),
            new Prompt.Text("What is it?"),
            new Prompt.Mark("</s>"),
            new Prompt.Text("An owl.(USER)Where?"));
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
        "hello @ places 0 images of 2",
        "{{ 'a'.startswith() }} @ the method startswith of 0 arguments",
        "{{ 'a'.strip('b') }} @ the method strip of 1 arguments",
        "{{ messages | selectattr | list }} @ the filter selectattr of 0 arguments",
        "{{ messages | selectattr('role', 'equalto') }} @ the filter selectattr of 2 arguments",
        "{{ raise_exception() }} @ the function raise_exception of 0 arguments",
        "{{ 1 % 0 }} @ divides by 0",
        "{{ 1234567890123456789 }} @ a number of 19 digits",
        "{{ '\\u0041' }} @ the escape \\u is not understood",
        "{{ 'text'[0] }} @ a character of a text",
        "{{ messages == messages }} @ a comparison of two lists",
        "{% for m in messages %}{% for c in m.content %}{% if c.type == 'image' %}<image>{% endif %}{% endfor %}{% endfor %} @ leaves out what is said"
      })
  void whatIsNotUnderstoodIsRefusedByName(String source, String expected) {
    assertThatThrownBy(() -> JinjaTemplate.of(source, FAMILY))
        .hasMessageContaining("chat template")
        .hasMessageContaining(expected);
  }

  @Test
  void noneIsAValueLikeOthers() {
    String source = ALL + "{{ [none][0:] | length }}{{ {}[none] }}{{ none in [none] }}";
    assertThat(JinjaTemplate.of(source, FAMILY).prompt("", TURNS).text()).endsWith("1True");
  }

  @Test
  void aDefaultStandsForWhatIsUndefinedOrAlsoForWhatIsEmpty() {
    String source =
        ALL
            + "{{ x | default }}{{ x | default('a') }}{{ '' | default('b') }}"
            + "{{ '' | default('c', true) }}{{ 'd' | default('e', true) }}";
    assertThat(JinjaTemplate.of(source, FAMILY).prompt("", TURNS).text()).endsWith("acd");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{ NOT true }}",
        "{{ MINUS 1 }}",
        "{{ 'a' TILDES }}",
        "{{ messages INDICES }}",
        "{% if a ORS %}{% endif %}"
      })
  void longTagsAreRefusedBeforeTheyFillTheStack(String source) {
    String tag =
        source
            .replace("NOT", "not ".repeat(10_000))
            .replace("MINUS", "-".repeat(50_000))
            .replace("TILDES", "~'a'".repeat(12_000))
            .replace("INDICES", "[0]".repeat(15_000))
            .replace("ORS", " or a".repeat(10_000));
    assertThatThrownBy(() -> JinjaTemplate.of(ALL + tag, FAMILY))
        .hasMessageContaining("a tag of more than 500 parts");
  }

  @Test
  void conditionsMayBeMany() {
    String source = ALL + "{% if a %}" + "{% elif a %}".repeat(5000) + "{% else %}z{% endif %}";
    assertThat(JinjaTemplate.of(source, FAMILY).prompt("", TURNS).text()).endsWith("z");
  }

  @ParameterizedTest
  @Timeout(20)
  @ValueSource(
      strings = {
        "{% for m in a %}{% set z = a + a %}{% endfor %}",
        "{% for m in a %}{% set z = a | list %}{% endfor %}",
        "{% for m in a %}{% set z = t | upper %}{% endfor %}",
        "{% for m in a %}{% set z = t.lower() %}{% endfor %}",
        "{% for m in a %}{% set z = t in t %}{% endfor %}",
        "{% for m in a %}{% set z = t == u %}{% endfor %}",
        "{% for m in a %}{% set z = 'x' in a %}{% endfor %}",
        "{{ a | join(t) }}",
        "{{ x == y }}",
        "{{ x in [y] }}",
        "{{ {}[x] }}{{ messages[0].get(x) }}{% for m in a %}{% set z = t ~ '' %}{% endfor %}"
      })
  void whatTakesForEverIsRefused(String body) {
    String large =
        "{% set a = [1, 2, 3, 4] %}{% set t = 'abcd' %}{% set x = [1] %}{% set y = [1] %}"
            + "{% set a = a + a %}{% set t = t + t %}".repeat(17)
            + "{% set u = t + 'a' %}{% set t = t + 'b' %}"
            + "{% set x = [x, x] %}{% set y = [y, y] %}".repeat(60);
    assertThatThrownBy(() -> JinjaTemplate.of(ALL + large + body, FAMILY))
        .hasMessageContaining("chat template");
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
