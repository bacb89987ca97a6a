// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.wire.identity.Caller;
import java.util.Base64;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies that would take far more memory or time than their bytes. */
@Timeout(60)
class CostlyBodiesTest extends OpenAiDoor {
  @Override
  long requestBytes() {
    return 64 << 20;
  }

  @Test
  void aTextBeyondItsLimitIsRefusedBeforeItIsParsed() throws Exception {
    String text = "\"\u4e2d" + "x".repeat(6_000_000) + "\"";

    assertThat(complete(text, "").statusCode()).isEqualTo(413);
    assertThat(complete(text, "").body()).contains("4194304").contains("without its images");
  }

  @Test
  void nodesAreCountedBeforeTheyAreBuilt() throws Exception {
    String nodes = ",\"metadata\":[" + "{},".repeat(1_000_000) + "{}]";

    assertThat(complete("\"Who?\"", nodes).statusCode()).isEqualTo(400);
    assertThat(complete("\"Who?\"", nodes).body()).contains("100000");
  }

  @Test
  void manyBodiesAtOnceAreRefusedAndNotParsed() throws Exception {
    assertThat(door.mesh.settings.maxUploadBytes()).isEqualTo(201_326_592);
    Runnable rest = door.mesh.answers.hold(new Caller("others", "", Set.of()), 200_000_000);
    try {
      assertThat(complete("\"" + "x".repeat(1_000_000) + "\"", "").statusCode()).isEqualTo(429);
    } finally {
      rest.run();
    }
  }

  private static String image(int bytes) {
    byte[] random = new byte[bytes];
    new Random(bytes).nextBytes(random);
    return Base64.getEncoder().encodeToString(random);
  }

  @ParameterizedTest
  @ValueSource(strings = {"1e400000000", "\"1e400000000\"", "1E999999999", "-1e400000000"})
  void aSeedOfAnyLengthIsAnsweredAtOnce(String seed) throws Exception {
    assertError(complete("\"Who?\"", ",\"seed\":" + seed), 400, "seed");
    for (String options : new String[] {"seed", "maxNewTokens", "temperature", "top_k"}) {
      assertThat(
              door.post(
                      "/api/sessions",
                      "{\"settings\":{\"options\":{\"%s\":%s}}}".formatted(options, seed))
                  .statusCode())
          .as(options)
          .isEqualTo(400);
    }
  }

  @Test
  void aTitleThatLooksLikeANumberStaysATitle() throws Exception {
    assertThat(door.post("/api/sessions", "{\"title\":\"1e400000000\"}").statusCode())
        .isEqualTo(200);
  }

  @Test
  void nodesOfThePagesJsonAreCounted() throws Exception {
    String nodes = "{\"title\":[" + "{},".repeat(200_000) + "{}]}";

    assertThat(door.post("/api/sessions", nodes).statusCode()).isEqualTo(400);
  }

  @Test
  void aDataUrlThatIsATextIsRefused() throws Exception {
    assertError(
        complete("\"data:image/png;base64," + image(9000) + "\"", ""), 400, "messages[1].content");
  }

  @Test
  void whatIsNoBase64IsRefusedWherever() throws Exception {
    String good = image(9000);
    for (String wrong : new String[] {good + "!", good.substring(1), "=" + good, good + "===="}) {
      assertError(
          complete(url("data:image/png;base64," + wrong), ""),
          400,
          "messages[1].content[1].image_url.url");
    }
  }
}
