// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The Hugging Face form: the fixture's tokeniser as their converter writes it. */
class TokenizerJsonTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @TempDir Path folder;

  private Tokenizer edited(Consumer<ObjectNode> edit) {
    try {
      ObjectNode root =
          (ObjectNode) MAPPER.readTree(TextFixture.path("/text/tokenizer.json").toFile());
      edit.accept(root);
      Files.write(folder.resolve("tokenizer.json"), MAPPER.writeValueAsBytes(root));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Tokenizer.open(folder);
  }

  private static JsonNode json(String text) {
    try {
      return MAPPER.readTree(text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void expectFixture(Tokenizer tokenizer) {
    for (JsonNode one : TextFixture.cases("/owl-tiny/tokens.json")) {
      String text = one.get("text").asText();
      int[] ids = tokenizer.encode(text);
      assertThat(ids).as(text).isEqualTo(TextFixture.ids(one.get("ids")));
      assertThat(tokenizer.decode(ids)).isEqualTo(one.get("decoded").asText());
    }
  }

  @Test
  void everyTextOfTheFixtureGivesTheReferenceIds() {
    expectFixture(edited(root -> {}));
  }

  @Test
  void everyAnswerOfTheFixtureReadsAsInTheReference() {
    Tokenizer tokenizer = edited(root -> {});
    for (JsonNode one : TextFixture.cases("/owl-tiny/forward.json")) {
      assertThat(tokenizer.decode(TextFixture.ids(one.get("greedy"))))
          .isEqualTo(one.get("text").asText());
    }
  }

  @Test
  void mergesWrittenAsPairsGiveTheSameIds() {
    expectFixture(
        edited(root -> {
          ArrayNode pairs = MAPPER.createArrayNode();
          for (JsonNode merge : root.path("model").path("merges")) {
            ArrayNode pair = pairs.addArray();
            merge.asText().lines().flatMap(l -> Arrays.stream(l.split(" ", -1))).forEach(pair::add);
          }
          ((ObjectNode) root.get("model")).set("merges", pairs);
        }));
  }

  @Test
  void tokenizerJsonDecidesWhereBothArePresent() throws IOException {
    Files.writeString(folder.resolve("tokenizer.model"), "not read");
    expectFixture(edited(root -> {}));
  }

  /** A newer converter writes one step that adds no space where there is one. */
  @Test
  void metaspacePutsASpaceOnlyWhereThereIsNone() {
    Tokenizer tokenizer =
        edited(root -> {
          root.putNull("normalizer");
          root.set(
              "pre_tokenizer",
              json(
                  "{'type':'Metaspace','replacement':'▁','prepend_scheme':'first','split':false}"
                      .replace('\'', '"')));
        });
    Tokenizer sentencePiece = TextFixture.tiny();
    assertThat(tokenizer.encode("Hello owl")).isEqualTo(sentencePiece.encode("Hello owl"));
    assertThat(tokenizer.encode(" Hello owl")).isEqualTo(sentencePiece.encode("Hello owl"));
  }

  @Test
  void aMergeIntoAnAddedTokenIsNotMade() {
    Tokenizer tokenizer =
        edited(root -> {
          // As converters do: '▁owl' becomes a mark that merges could still reach.
          int id = root.path("model").path("vocab").path("▁owl").asInt();
          ((ArrayNode) root.get("added_tokens"))
              .add(json("{\"id\":" + id + ",\"content\":\"▁owl\",\"special\":true}"));
        });
    int mark = TextFixture.tiny().encode("owl")[0];
    assertThat(tokenizer.encode("owl")).doesNotContain(mark);
    assertThat(tokenizer.decode(tokenizer.encode("owl"))).isEqualTo("owl");
    assertThat(tokenizer.decode(new int[] {mark})).isEmpty();
  }

  @Test
  void anotherKindOfTokeniserIsRefusedByName() {
    expectRefused("Unigram", root -> ((ObjectNode) root.get("model")).put("type", "Unigram"));
    expectRefused(
        "byte_fallback", root -> ((ObjectNode) root.get("model")).put("byte_fallback", false));
    expectRefused("NFKC", root -> root.set("normalizer", json("{\"type\":\"NFKC\"}")));
    expectRefused("ByteLevel", root -> root.set("pre_tokenizer", json("{\"type\":\"ByteLevel\"}")));
    expectRefused("WordPiece", root -> root.set("decoder", json("{\"type\":\"WordPiece\"}")));
  }

  private void expectRefused(String name, Consumer<ObjectNode> edit) {
    assertThatThrownBy(() -> edited(edit))
        .hasMessageContaining(name)
        .extracting(e -> ((OwlException) e).fault())
        .isEqualTo(Fault.BAD_CHECKPOINT);
  }

  @Test
  void brokenJsonIsRefused() throws IOException {
    Files.writeString(folder.resolve("tokenizer.json"), "{\"model\": ");
    assertThatThrownBy(() -> Tokenizer.open(folder))
        .hasMessageContaining("tokenizer.json: not JSON")
        .extracting(e -> ((OwlException) e).fault())
        .isEqualTo(Fault.BAD_CHECKPOINT);
  }
}
