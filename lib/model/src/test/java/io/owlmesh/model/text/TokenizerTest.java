// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The SentencePiece form, against ids that the reference gave. */
class TokenizerTest {
  @TempDir Path folder;

  @Test
  void everyTextOfTheFixtureGivesTheReferenceIds() {
    Tokenizer tokenizer = TextFixture.tiny();
    for (JsonNode one : TextFixture.cases("/owl-tiny/tokens.json")) {
      String text = one.get("text").asText();
      assertThat(tokenizer.encode(text)).as(text).isEqualTo(TextFixture.ids(one.get("ids")));
    }
  }

  @Test
  void everyIdListOfTheFixtureGivesTheReferenceText() {
    Tokenizer tokenizer = TextFixture.tiny();
    for (JsonNode one : TextFixture.cases("/owl-tiny/tokens.json")) {
      assertThat(tokenizer.decode(TextFixture.ids(one.get("ids"))))
          .isEqualTo(one.get("decoded").asText());
    }
  }

  @Test
  void everyAnswerOfTheFixtureReadsAsInTheReference() {
    Tokenizer tokenizer = TextFixture.tiny();
    for (JsonNode one : TextFixture.cases("/owl-tiny/forward.json")) {
      assertThat(tokenizer.decode(TextFixture.ids(one.get("greedy"))))
          .as(one.get("name").asText())
          .isEqualTo(one.get("text").asText());
    }
  }

  /**
   * User-defined and unused pieces, collapsed spaces, no bytes to spell unknown characters with.
   */
  @Test
  void theRarePiecesAndSpacesOfSentencePieceGiveItsIds() {
    Tokenizer tokenizer = TextFixture.open(folder, "/text/unusual.model", "tokenizer.model");
    for (JsonNode one : TextFixture.cases("/text/unusual.json")) {
      String text = one.get("text").asText();
      assertThat(tokenizer.encode(text)).as(text).isEqualTo(TextFixture.ids(one.get("ids")));
      assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(one.get("decoded").asText());
    }
  }

  @Test
  void noTextBecomesAMark() {
    Tokenizer tokenizer = TextFixture.tiny();
    for (String mark : new String[] {"<s>", "</s>", "<unk>", "<image>", "<0x0A>"}) {
      int[] ids = tokenizer.encode("a " + mark + mark + " b");
      assertThat(ids).doesNotContain(0, 1, 2);
      assertThat(tokenizer.decode(ids)).isEqualTo("a " + mark + mark + " b");
    }
  }

  @Test
  void unpairedSurrogatesBecomeReplacementCharacters() {
    Tokenizer tokenizer = TextFixture.tiny();
    assertThat(tokenizer.encode("a\ud800b\udc00")).isEqualTo(tokenizer.encode("a\ufffdb\ufffd"));
  }

  @Test
  void aMegabyteOfTextTakesSeconds() {
    Tokenizer tokenizer = TextFixture.tiny();
    String text = "the owl ".repeat((1 << 20) / 8);
    int[] ids =
        Assertions.assertTimeoutPreemptively(Duration.ofSeconds(30), () -> tokenizer.encode(text));
    assertThat(tokenizer.decode(ids)).isEqualTo(text);
  }

  @Test
  void aFolderWithoutTokeniserIsRefusedNamingWhatIsMissing() {
    assertThatThrownBy(() -> Tokenizer.open(folder))
        .hasMessageContaining("no tokenizer.json and no tokenizer.model")
        .extracting(e -> ((OwlException) e).fault())
        .isEqualTo(Fault.BAD_CHECKPOINT);
  }

  @Test
  void aTruncatedFileIsRefusedWhereverItEnds() throws IOException {
    byte[] whole = Files.readAllBytes(TextFixture.path("/text/unusual.model"));
    Path file = folder.resolve("tokenizer.model");
    int refused = 0;
    for (int length = 0; length < whole.length; length++) {
      Files.write(file, Arrays.copyOf(whole, length));
      try {
        Tokenizer.open(folder);
      } catch (OwlException e) {
        assertThat(e.fault()).isEqualTo(Fault.BAD_CHECKPOINT);
        refused++;
      }
    }
    // Where the file ends between two fields, what is left may be a tokeniser.
    assertThat(refused).isGreaterThan(whole.length * 9 / 10);
  }

  @Test
  void textThatIsNoModelIsRefused() throws IOException {
    Files.writeString(folder.resolve("tokenizer.model"), "version https://git-lfs.github.com/");
    assertThatThrownBy(() -> Tokenizer.open(folder)).hasMessageContaining("not a SentencePiece");
  }

  @Test
  void aFieldOfAnotherTypeIsRefusedInsteadOfSkipped() throws IOException {
    // trainer_spec: model_type as four bytes.
    Files.write(folder.resolve("tokenizer.model"), new byte[] {18, 5, 29, 2, 0, 0, 0});
    assertThatThrownBy(() -> Tokenizer.open(folder))
        .hasMessageContaining("not a SentencePiece model: field 3 has wire type 5");
  }

  @Test
  void aUnigramModelIsRefusedByName() throws IOException {
    // pieces: one of type UNKNOWN; trainer_spec: model_type UNIGRAM.
    byte[] unigram = {10, 5, 10, 1, 'u', 24, 2, 18, 2, 24, 1};
    Files.write(folder.resolve("tokenizer.model"), unigram);
    assertThatThrownBy(() -> Tokenizer.open(folder)).hasMessageContaining("UNIGRAM");
  }

  @Test
  void aModelThatNormalisesCharactersIsRefused() throws IOException {
    Path file = folder.resolve("tokenizer.model");
    byte[] plain = Files.readAllBytes(TextFixture.path(TextFixture.TINY + "/tokenizer.model"));
    // normalizer_spec, merged with the one before it: precompiled_charsmap "x".
    byte[] more = {26, 3, 18, 1, 'x'};
    byte[] both = Arrays.copyOf(plain, plain.length + more.length);
    System.arraycopy(more, 0, both, plain.length, more.length);
    Files.write(file, both);
    assertThatThrownBy(() -> Tokenizer.open(folder)).hasMessageContaining("precompiled_charsmap");
  }

  @Test
  void idsOutsideTheVocabularyGiveNoText() {
    Tokenizer tokenizer = TextFixture.tiny();
    int[] owl = tokenizer.encode("owl");
    int[] ids = Arrays.copyOf(owl, owl.length + 2);
    ids[owl.length] = tokenizer.size();
    ids[owl.length + 1] = -1;
    assertThat(tokenizer.decode(ids)).isEqualTo("owl");
  }

  @Test
  void allBytesOfACharacterAreNeededForIt() {
    Tokenizer tokenizer = TextFixture.tiny();
    byte[] owl = "🦉".getBytes(StandardCharsets.UTF_8);
    int[] ids = new int[3];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = 3 + (owl[i] & 0xFF);
    }
    assertThat(tokenizer.decode(ids)).isEqualTo("\ufffd\ufffd\ufffd");
  }
}
