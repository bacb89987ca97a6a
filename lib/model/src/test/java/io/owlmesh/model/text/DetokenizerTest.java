// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.text;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DetokenizerTest {
  private static final int BOS = 1;
  private static final int EOS = 2;
  private final Tokenizer tokenizer = TextFixture.tiny();

  /** What each id gave, then the rest. */
  private List<String> stream(int... ids) {
    Detokenizer detokenizer = new Detokenizer(tokenizer);
    List<String> given = new ArrayList<>();
    for (int id : ids) {
      given.add(detokenizer.next(id));
    }
    given.add(detokenizer.finish());
    return given;
  }

  private static int idOfByte(int value) {
    return 3 + value;
  }

  private static int[] idsOfBytes(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    int[] ids = new int[bytes.length];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = idOfByte(bytes[i] & 0xFF);
    }
    return ids;
  }

  @Test
  void everyAnswerOfTheFixtureStreamsToTheReferenceText() {
    for (JsonNode one : TextFixture.cases("/owl-tiny/forward.json")) {
      assertThat(String.join("", stream(TextFixture.ids(one.get("greedy")))))
          .isEqualTo(one.get("text").asText());
    }
  }

  @Test
  void aCharacterIsHeldBackUntilItIsComplete() {
    assertThat(stream(idsOfBytes("é🦉"))).containsExactly("", "é", "", "", "", "🦉", "");
  }

  @Test
  void aBrokenTailBecomesOneReplacementCharacterPerByte() {
    assertThat(stream(idOfByte(0xF0), idOfByte(0x9F))).containsExactly("", "", "\ufffd\ufffd");
  }

  @Test
  void aByteThatCannotContinueReleasesWhatWasHeld() {
    assertThat(stream(idOfByte(0xE5), idOfByte('a'))).containsExactly("", "\ufffda", "");
  }

  @Test
  void overlongAndSurrogateEncodingsAreBroken() {
    assertThat(stream(idOfByte(0xC0), idOfByte(0x80))).containsExactly("", "\ufffd\ufffd", "");
    assertThat(stream(idOfByte(0xED), idOfByte(0xA0), idOfByte(0x80)))
        .containsExactly("", "", "\ufffd\ufffd\ufffd", "");
  }

  @Test
  void aPieceEndsTheBytesBeforeIt() {
    int owl = tokenizer.encode("owl")[0];
    assertThat(stream(idOfByte(0xE5), owl)).containsExactly("", "\ufffd owl", "");
  }

  @Test
  void onlyTheSpaceBeforeTheFirstPieceIsTakenAway() {
    int owl = tokenizer.encode("owl")[0];
    assertThat(stream(owl, owl)).containsExactly("owl", " owl", "");
  }

  @ParameterizedTest
  @ValueSource(strings = {TextFixture.TINY, "/text"})
  void theBytesOfAnIdAreThoseOfItsText(String folder) {
    Tokenizer one = Tokenizer.open(TextFixture.path(folder));
    int owl = one.encode("owl")[0];
    for (int id = 0; id < one.size(); id++) {
      byte[] first = one.bytes(id, true);
      byte[] later = one.bytes(id, false);
      assertThat(one.decode(new int[] {id})).isEqualTo(new String(first, StandardCharsets.UTF_8));
      assertThat(one.decode(new int[] {owl, id}))
          .isEqualTo(one.decode(new int[] {owl}) + new String(later, StandardCharsets.UTF_8));
    }
    assertThat(one.bytes(one.size(), false)).isEmpty();
    assertThat(one.bytes(-1, false)).isEmpty();
  }

  @Test
  void marksGiveNoTextAndDoNotCountAsTheFirstPiece() {
    int owl = tokenizer.encode("owl")[0];
    assertThat(stream(BOS, owl, EOS)).containsExactly("", "owl", "", "");
  }
}
