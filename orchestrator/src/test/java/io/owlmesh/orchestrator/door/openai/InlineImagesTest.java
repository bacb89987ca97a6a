// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InlineImagesTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String HEAD = "data:image/png;base64,";

  private static byte[] bytes(int count) {
    byte[] bytes = new byte[count];
    new Random(count).nextBytes(bytes);
    return bytes;
  }

  private static InlineImages read(String json, int piece) {
    InlineImages body = new InlineImages(1 << 20, 1 << 20);
    byte[] all = json.getBytes(StandardCharsets.UTF_8);
    for (int from = 0; from < all.length; from += piece) {
      body.take(Buffer.buffer().appendBytes(all, from, Math.min(piece, all.length - from)));
    }
    return body;
  }

  private static ByteString image(InlineImages body, JsonNode node) {
    String mark = node.textValue().substring(HEAD.length());
    assertThat(InlineImages.isMark(mark)).isTrue();
    return body.image(mark).orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 4096, 1 << 20})
  void imagesAreDecodedHoweverTheBodyArrives(int piece) throws Exception {
    String first = Base64.getEncoder().encodeToString(bytes(9001));
    String second = Base64.getEncoder().withoutPadding().encodeToString(bytes(9002));
    InlineImages body =
        read(
            "{\"a\":\"%s%s\",\"b\":\"\\\"quoted\\\\\",\"c\":[\"%s%s\"],\"d\":\"\u4e2d\"}"
                .formatted(HEAD, first, HEAD, second.replace("/", "\\/").replace("+", "\\u002b")),
            piece);

    JsonNode json = JSON.readTree(body.json().getBytes());

    assertThat(image(body, json.get("a"))).isEqualTo(ByteString.copyFrom(bytes(9001)));
    assertThat(image(body, json.get("c").get(0))).isEqualTo(ByteString.copyFrom(bytes(9002)));
    assertThat(json.get("b").textValue()).isEqualTo("\"quoted\\");
    assertThat(json.get("d").textValue()).isEqualTo("\u4e2d");
    assertThat(body.json().length()).isLessThan(200);
  }

  @Test
  void otherTextsStayAsTheyAre() throws Exception {
    String text = "data:text/plain;base64," + "QUJD".repeat(3000);
    String shown = "{\"a\":\"%s\",\"b\":\"data:image/png;base64,QUJD\"}".formatted(text);

    assertThat(read(shown, 100).json().toString()).isEqualTo(shown);
  }

  @Test
  void ofAnImageOverTheLimitNoMoreIsKept() throws Exception {
    InlineImages body = new InlineImages(1 << 20, 5000);
    String image = Base64.getEncoder().encodeToString(bytes(900_000));
    body.take(Buffer.buffer("[\"" + HEAD + image + "\"]"));

    assertThat(body.memory()).isLessThan(20_000);
    assertThat(image(body, JSON.readTree(body.json().getBytes()).get(0)).size()).isEqualTo(5001);
  }

  @Test
  void aMarkThatACallerMadeUpStandsForNothing() {
    InlineImages body = read("{}", 1);
    assertThat(body.image("\u00000")).isEmpty();
    assertThat(body.image("\u0000x")).isEmpty();
    assertThat(body.image("\u0000-1")).isEmpty();
  }
}
