// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.owlmesh.orchestrator.audit.AuditLog;
import io.owlmesh.orchestrator.door.http.HttpDoor;
import io.owlmesh.orchestrator.limits.RateLimits;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A door with the routes that OpenAI's clients know, before a mesh with small limits. */
abstract class OpenAiDoor {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;
  HttpDoor door;
  private OpenAiRoutes routes;

  private record Nowhere() implements OpenAiConfig {
    @Override
    public Optional<List<String>> imageOrigins() {
      return Optional.empty();
    }

    @Override
    public Duration imageFetchTimeout() {
      return Duration.ofSeconds(5);
    }
  }

  /** How much callers may ask for. */
  RateLimits limits() throws Exception {
    return RateLimits.none();
  }

  /** Where it is noted who did what. */
  AuditLog audit() {
    return AuditLog.none();
  }

  /** Of a request, all of it. */
  long requestBytes() {
    return 100_000;
  }

  @BeforeEach
  void open() throws Exception {
    door =
        new HttpDoor(
            folder,
            Map.of(
                "owl.max-answers", "2",
                "owl.max-waiting-answers", "0",
                "owl.max-images", "3",
                "owl.max-image-bytes", "20000",
                "owl.max-request-bytes", "" + requestBytes()),
            limits(),
            audit());
    routes =
        new OpenAiRoutes(
            door.mesh.answers,
            door.mesh.gateway,
            door.kept.sessions(),
            door.mesh.settings,
            new Nowhere(),
            door.vertx());
    FileRoutes files = new FileRoutes(door.mesh.answers, door.kept.sessions(), door.mesh.settings);
    door.with(routes::install).with(files::install);
  }

  @AfterEach
  void close() {
    routes.close();
    door.close();
  }

  HttpResponse<String> complete(String content, String options) throws Exception {
    return door.post(
        "/v1/chat/completions",
        """
        {"model":"parrot","messages":[{"role":"system","content":"S"},
          {"role":"user","content":%s}]%s}
        """
            .formatted(content, options));
  }

  static String shown(String part) {
    return "[{\"type\":\"text\",\"text\":\"Who?\"}," + part + "]";
  }

  static String url(String url) {
    return shown("{\"type\":\"image_url\",\"image_url\":{\"url\":\"" + url + "\"}}");
  }

  static JsonNode read(HttpResponse<String> response) throws Exception {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return JSON.readTree(response.body());
  }

  static void assertError(HttpResponse<String> response, int status, String param)
      throws Exception {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
    JsonNode error = JSON.readTree(response.body()).path("error");
    assertThat(error.path("param").asText("")).as(response.body()).isEqualTo(param);
  }
}
