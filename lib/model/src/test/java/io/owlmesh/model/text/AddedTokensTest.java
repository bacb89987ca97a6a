// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tokens that were added to a vocabulary, in each of the files that tools write them to. */
class AddedTokensTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String OWL = TextFixture.TINY + "/tokenizer.model";

  /** The next free id of both vocabularies. */
  private static final int FREE = 640;

  @TempDir private Path folder;

  private static Tokenizer stored(String name) {
    return Tokenizer.open(TextFixture.path("/text/" + name));
  }

  private void write(String name, String json) throws IOException {
    Files.writeString(folder.resolve(name), json.replace('\'', '"'));
  }

  /** The SentencePiece vocabulary with a file beside it. */
  private Tokenizer beside(String name, String json) throws IOException {
    write(name, json);
    return TextFixture.open(folder, OWL, "tokenizer.model");
  }

  /** The vocabulary that transformers 5 saves, which puts a space at the start alone. */
  private Tokenizer json(String token) throws IOException {
    return json("saved-by-transformers-5/tokenizer.json", token);
  }

  private Tokenizer json(String file, String token) throws IOException {
    ObjectNode root = (ObjectNode) MAPPER.readTree(TextFixture.path("/text/" + file).toFile());
    ((ArrayNode) root.get("added_tokens")).add(MAPPER.readTree(token.replace('\'', '"')));
    Files.write(folder.resolve("tokenizer.json"), MAPPER.writeValueAsBytes(root));
    return Tokenizer.open(folder);
  }

  private static int[] and(int[]... parts) {
    return Arrays.stream(parts).flatMapToInt(Arrays::stream).toArray();
  }

  @Test
  void aVocabularyOfAllBytesNeedsNoPieceForTheUnknown() {
    Tokenizer tokenizer = stored("saved-by-transformers-5");
    Tokenizer same = TextFixture.tiny();

    for (String text : new String[] {"Hello owl", "an owl\u0000 \uD83E\uDD89 里有", "</s>"}) {
      assertThat(tokenizer.encode(text)).as(text).isEqualTo(same.encode(text));
      assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
    }
  }

  @Test
  void aTokenOfTokenizerJsonIsAPieceLikeOthers() {
    Tokenizer tokenizer = stored("added-token");

    assertThat(tokenizer.encode("antantant")).containsExactly(313, 313, 313);
    assertThat(tokenizer.decode(new int[] {313, 313, 313})).isEqualTo("antantant");
    assertThat(tokenizer.bytes(313, false)).isEqualTo("ant".getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void aNewTokenOfAnyFileIsCutOutOfTextAndSpelled() throws IOException {
    String decoder = "{'added_tokens_decoder':{'640':{'content':'<box>','special':false}}}";
    for (Tokenizer tokenizer :
        new Tokenizer[] {
          beside("tokenizer_config.json", decoder),
          json("{'id':640,'content':'<box>','special':false,'normalized':false}"),
        }) {
      int[] ids = tokenizer.encode("an<box>owl");

      assertThat(ids).contains(FREE);
      assertThat(tokenizer.decode(new int[] {FREE})).isEqualTo("<box>");
      assertThat(tokenizer.size()).isEqualTo(FREE + 1);
      Files.deleteIfExists(folder.resolve("tokenizer.model"));
    }
  }

  @Test
  void theTextsBetweenTokensOfSentencePieceAreCutEachByItself() throws IOException {
    Tokenizer tokenizer = beside("added_tokens.json", "{'<box>':640}");
    Tokenizer plain = TextFixture.tiny();

    assertThat(tokenizer.encode("an<box>owl<box>"))
        .isEqualTo(
            and(plain.encode("an"), new int[] {FREE}, plain.encode("owl"), new int[] {FREE}));
  }

  @Test
  void aSpaceIsPutOnlyBeforeTheFirstTextWhereTheFileSaysSo() throws IOException {
    Tokenizer tokenizer = json("{'id':640,'content':'<box>','normalized':true}");

    // What stands behind the token has no space put before it.
    assertThat(tokenizer.decode(tokenizer.encode("an<box>owl"))).isEqualTo("an<box>owl");
    assertThat(tokenizer.encode("<box>")).containsExactly(FREE);
    assertThat(tokenizer.encode("<box> owl"))
        .isEqualTo(and(new int[] {FREE}, TextFixture.tiny().encode("owl")));
  }

  /** Converters of transformers 4 prepend the space before they look for such tokens. */
  @Test
  void aNormalisedTokenIsFoundWhereItsNormalisedSpellingIs() throws IOException {
    Tokenizer tokenizer =
        json("tokenizer.json", "{'id':640,'content':'box','normalized':true,'special':false}");

    assertThat(tokenizer.encode("box")).containsExactly(FREE);
    assertThat(tokenizer.encode("a box")).contains(FREE);
    assertThat(tokenizer.encode("abox")).doesNotContain(FREE);
  }

  @ParameterizedTest
  @CsvSource({"true, 2", "false, 4"})
  void aSingleWordIsOneThatNoLetterTouches(boolean single, int found) throws IOException {
    Tokenizer tokenizer =
        json("{'id':640,'content':'box','normalized':false,'single_word':%s}".formatted(single));

    int[] ids = tokenizer.encode("abox box box_ .box.");
    assertThat(IntStream.of(ids).filter(id -> id == FREE).count()).isEqualTo(found);
  }

  @Test
  void aTokenMayTakeTheSpacesAroundItAlong() throws IOException {
    Tokenizer tokenizer =
        json("{'id':640,'content':'<b>','normalized':false,'lstrip':true,'rstrip':true}");

    assertThat(tokenizer.encode("  <b>  <b> ")).containsExactly(FREE, FREE);
  }

  @Test
  void theLongestOfSeveralTokensCounts() throws IOException {
    Tokenizer tokenizer = beside("added_tokens.json", "{'<b':640,'<box>':641,'ox':642}");

    assertThat(tokenizer.encode("<box><b")).containsExactly(641, 640);
  }

  @Test
  void noTextBecomesAMarkWhicheverFileNamesIt() throws IOException {
    write("special_tokens_map.json", "{'pad_token':{'content':'<pad>'}}");
    write(
        "tokenizer_config.json",
        "{'additional_special_tokens':['<eoc>'],"
            + "'added_tokens_decoder':{'2':{'content':'</s>','special':true}}}");
    Tokenizer tokenizer = beside("added_tokens.json", "{'<pad>':640,'<eoc>':641,'<s>':1}");

    String text = "<pad> <eoc> <s> </s>";
    assertThat(tokenizer.encode(text)).doesNotContain(1, 2, 640, 641);
    assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(text);
    assertThat(tokenizer.decode(new int[] {1, 2, 640, 641})).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "added_tokens.json|{'owls':5}|added token 'owls' has the id 5, but '<0x02>'",
        "added_tokens.json|{'▁the':640}|added token '▁the' has the id 640, but '▁the'",
        "added_tokens.json|{'x':-1}|id -1; expected 0 to",
        "added_tokens.json|{'x':2000000000}|id 2000000000; expected 0 to",
        "added_tokens.json|{'':640}|added token 640 of 0 chars",
        "added_tokens.json|{|not JSON",
        "tokenizer_config.json|{'added_tokens_decoder':{'x':{'content':'a'}}}|id 'x'",
        "tokenizer_config.json|{'added_tokens_decoder':{'640':{}}}|640 has no content",
      })
  void aTokenThatContradictsTheVocabularyIsRefused(String file, String json, String message) {
    assertThatThrownBy(() -> beside(file, json))
        .hasMessageContaining(message)
        .extracting(e -> ((OwlException) e).fault())
        .isEqualTo(Fault.BAD_CHECKPOINT);
  }
}
