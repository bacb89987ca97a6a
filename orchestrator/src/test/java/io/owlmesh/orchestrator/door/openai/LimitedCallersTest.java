// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.core.identity.ApiKey;
import io.owlmesh.core.identity.ApiKey.Secret;
import io.owlmesh.core.identity.CallerLimits;
import io.owlmesh.core.identity.KeyFile;
import io.owlmesh.core.identity.Role;
import io.owlmesh.orchestrator.door.http.HttpAccess;
import io.owlmesh.orchestrator.identity.Authenticator;
import io.owlmesh.orchestrator.identity.IdentityConfig;
import io.owlmesh.orchestrator.limits.RateLimits;
import io.owlmesh.orchestrator.pipeline.FakeStages;
import io.owlmesh.orchestrator.store.Pictures;
import io.owlmesh.orchestrator.store.UsageStore;
import io.owlmesh.wire.TestConfig;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What callers at their limits are told over HTTP. */
@Timeout(60)
class LimitedCallersTest extends OpenAiDoor {
  private static final Clock NOON =
      Clock.fixed(Instant.parse("2026-01-01T12:00:20Z"), ZoneOffset.UTC);

  @SuppressWarnings("NullAway.Init") // With the limits, before the door opens.
  private KeyFile keys;

  @SuppressWarnings("NullAway.Init")
  private Authenticator authenticator;

  @Override
  RateLimits limits() throws Exception {
    keys = new KeyFile(folder.resolve("keys"));
    key();
    authenticator =
        new Authenticator(
            TestConfig.of(IdentityConfig.class, Map.of("owl.keys", keys.path().toString())));
    return new RateLimits(
        CallerLimits.parse("requests=3,positions=1000,images=0"),
        CallerLimits.NONE,
        authenticator::limits,
        UsageStore.none(),
        NOON);
  }

  private String key() throws Exception {
    Secret secret = Secret.random();
    keys.add(ApiKey.of(secret, Role.USER, "zoo", Instant.now(), Optional.empty(), ""));
    return secret.credential();
  }

  private HttpResponse<String> get(String key) throws Exception {
    return door.send(door.request("/v1/models").header("Authorization", "Bearer " + key));
  }

  @Test
  void headersTellWhatIsLeftAndARefusalWhenThereIsMore() throws Exception {
    String key = key();
    String other = key();
    Thread.sleep(1500); // The file of keys is looked at every second.
    door.with(new HttpAccess(authenticator, door.mesh.answers)::install);

    HttpResponse<String> first = get(key);
    get(key);
    get(key);
    HttpResponse<String> refused = get(key);

    assertThat(first.statusCode()).isEqualTo(200);
    assertThat(first.headers().firstValue("RateLimit-Policy"))
        .contains("\"requests\";q=3;w=60, \"positions\";q=1000;w=60, \"images\";q=0;w=60");
    assertThat(first.headers().firstValue("RateLimit"))
        .contains("\"requests\";r=2;t=40, \"positions\";r=1000;t=40, \"images\";r=0;t=40");
    assertThat(first.headers().firstValue("x-ratelimit-remaining-requests")).contains("2");
    assertThat(first.headers().firstValue("x-ratelimit-limit-tokens")).contains("1000");
    assertThat(refused.statusCode()).isEqualTo(429);
    assertThat(refused.headers().firstValue("Retry-After")).contains("40");
    assertThat(refused.headers().firstValue("x-ratelimit-remaining-requests")).contains("0");
    assertThat(refused.body())
        .isEqualTo(
            "{\"error\":{\"message\":\"requests: the caller may have 3 a minute\","
                + "\"type\":\"rate_limit_error\",\"param\":\"requests\","
                + "\"code\":\"rate_limit_exceeded\"}}");
    assertThat(get(other).statusCode()).isEqualTo(200);
  }

  @Test
  void anAnswerIsPaidForAndAnImageIsRefused() throws Exception {
    String key = key();
    Thread.sleep(1500);
    door.with(new HttpAccess(authenticator, door.mesh.answers)::install);
    String ask = "{\"model\":\"parrot\",\"messages\":[{\"role\":\"user\",\"content\":\"Who?\"}]}";

    HttpResponse<String> answer =
        door.send(door.json("/v1/chat/completions", ask).header("Authorization", "Bearer " + key));
    HttpResponse<String> after = get(key);
    HttpResponse<String> image =
        door.send(door.json("/api/images", "png").header("Authorization", "Bearer " + key));

    long total = read(answer).at("/usage/total_tokens").asLong();
    assertThat(total).isPositive();
    assertThat(after.headers().firstValue("x-ratelimit-remaining-tokens"))
        .contains(Long.toString(1000 - total));
    assertError(image, 429, "images");
    assertThat(image.headers().firstValue("Retry-After")).contains("40");
  }

  /** Whatever a request calls what there is too much of. */
  @Test
  void aCompletionBeyondALimitNamesItAndTellsWhenThereIsMore() throws Exception {
    String key = key();
    Thread.sleep(1500);
    door.with(new HttpAccess(authenticator, door.mesh.answers)::install);
    String picture = Base64.getEncoder().encodeToString(Pictures.png(1).toByteArray());
    String ask =
        "{\"model\":\"parrot\",\"messages\":[{\"role\":\"user\",\"content\":%s}]}"
            .formatted(url("data:image/png;base64," + picture));

    HttpResponse<String> image =
        door.send(door.json("/v1/chat/completions", ask).header("Authorization", "Bearer " + key));

    assertError(image, 429, "images");
    assertThat(image.headers().firstValue("Retry-After")).contains("40");
  }

  @Test
  void whoGoesAwayAfterTheFirstTokenPaysForThePromptToo() throws Exception {
    String key = key();
    Thread.sleep(1500);
    door.with(new HttpAccess(authenticator, door.mesh.answers)::install);
    door.mesh.stages.stopAfterFirstToken = true;
    String ask =
        "{\"model\":\"parrot\",\"stream\":true,"
            + "\"messages\":[{\"role\":\"user\",\"content\":\"Who?\"}]}";

    HttpResponse<InputStream> answer =
        door.open(door.json("/v1/chat/completions", ask).header("Authorization", "Bearer " + key));
    while (door.mesh.tokensSent() == 0) {
      Thread.sleep(5);
    }
    answer.body().close();
    door.mesh.awaitNoAnswer();

    assertThat(get(key).headers().firstValue("x-ratelimit-remaining-tokens"))
        .contains(Long.toString(1000 - FakeStages.PROMPT_TOKENS - 1));
  }
}
