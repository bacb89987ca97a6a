// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.text.Prompt.Image;
import io.owlmesh.model.text.Prompt.Text;
import java.util.List;
import org.junit.jupiter.api.Test;

class PromptTest {
  private final Tokenizer tokenizer = TextFixture.tiny();
  private final ModelConfig config = TextFixture.config();

  @Test
  void everyPromptOfTheFixtureGivesTheReferenceIds() {
    for (JsonNode one : TextFixture.cases("/owl-tiny/forward.json")) {
      Prompt prompt = Prompt.parse(one.get("prompt").asText());
      assertThat(config.encode(prompt, tokenizer).ids())
          .as(one.get("name").asText())
          .isEqualTo(TextFixture.ids(one.get("ids")));
      assertThat(prompt.images()).isEqualTo(one.get("images").size());
    }
  }

  @Test
  void placeholdersAreCutOutAndNothingEmptyRemains() {
    assertThat(Prompt.parse("<image>a<image><image>b").parts())
        .containsExactly(new Image(), new Text("a"), new Image(), new Image(), new Text("b"));
    assertThat(Prompt.parse("").parts()).isEmpty();
  }

  @Test
  void everyImageHasItsOwnPositionsEvenWithoutTextBetween() {
    PromptTokens tokens = config.encode(Prompt.parse("<image><image>"), tokenizer);
    int each = config.visualTokens();
    assertThat(tokens.imageStarts()).containsExactly(1, 1 + each);
    assertThat(tokens.length()).isEqualTo(1 + 2 * each);
    assertThat(tokens.ids()).startsWith(config.language().bos(), PromptTokens.VISUAL);
  }

  @Test
  void everyTextIsCutAsIfItStoodAlone() {
    int[] ids = config.encode(Prompt.parse("owl<image>owl"), tokenizer).ids();
    int owl = tokenizer.encode("owl")[0];
    assertThat(ids[1]).isEqualTo(owl);
    assertThat(ids[ids.length - 1]).isEqualTo(owl);
  }

  @Test
  void neighbouringTextsAreOne() {
    assertThat(new Prompt(List.of(new Text("ow"), new Text(""), new Text("l"))).parts())
        .containsExactly(new Text("owl"));
  }

  @Test
  void aTextOfMoreThanAMebibyteIsRefused() {
    String allowed = "é".repeat(1 << 19);
    assertThat(Prompt.parse(allowed).parts()).hasSize(1);
    assertThatThrownBy(() -> Prompt.parse(allowed + "<image>a"))
        .hasMessage("prompt: 1048577 bytes of UTF-8 text; at most 1048576 are allowed")
        .extracting(e -> ((OwlException) e).fault())
        .isEqualTo(Fault.BAD_INPUT);
  }

  @Test
  void anIdThatTheModelDoesNotEmbedIsRefused() {
    PromptTokens.Layout small = new PromptTokens.Layout(1, 300, 7);
    assertThatThrownBy(() -> Prompt.parse("owl").encode(tokenizer, small))
        .hasMessageContaining("the model embeds 300")
        .extracting(e -> ((OwlException) e).fault())
        .isEqualTo(Fault.BAD_CHECKPOINT);
  }
}
