// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.ext.web.RoutingContext;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Paths and methods, beside a route that serves a page's files at all paths as Quarkus' does. */
@Timeout(60)
class PathsTest {
  private static HttpDoor door;

  @BeforeAll
  static void open(@TempDir Path folder) throws Exception {
    door =
        new HttpDoor(folder, Map.of())
            .with(router -> router.get("/*").last().handler(routing -> routing.next()))
            .with(router -> router.get("/api/closed").handler(routing -> routing.fail(404)))
            .with(router -> router.route().last().failureHandler(PathsTest::end));
  }

  @AfterAll
  static void close() throws Exception {
    door.close();
  }

  /** As Quarkus does with what no route has told. */
  private static void end(RoutingContext routing) {
    routing.response().setStatusCode(routing.statusCode()).end();
  }

  private static HttpResponse<String> ask(String method, String path) throws Exception {
    return door.send(door.request(path).method(method, BodyPublishers.noBody()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/api/mesh", "/api/sessions", "/health", "/v1/health", "/version"})
  void headIsAnsweredWhereGetIs(String path) throws Exception {
    HttpResponse<String> head = ask("HEAD", path);

    assertThat(head.statusCode()).isEqualTo(200);
    assertThat(head.body()).isEmpty();
    assertThat(head.headers().firstValue("content-type")).contains("application/json");
  }

  @ParameterizedTest
  @CsvSource({"GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"})
  void anUnknownPathIsNotFoundByAnyMethod(String method) throws Exception {
    HttpResponse<String> response = ask(method, "/v1/embeddings");

    assertThat(response.statusCode()).isEqualTo(404);
    assertThat(response.headers().firstValue("allow")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "GET,/api/images,POST",
    "DELETE,/api/mesh,'GET, HEAD'",
    "POST,/api/sessions/x,'DELETE, GET, HEAD, PATCH'",
    "HEAD,/api/images,POST",
  })
  void aMethodThatAPathDoesNotTakeIsToldThoseThatItTakes(String method, String path, String allowed)
      throws Exception {
    HttpResponse<String> response = ask(method, path);

    assertThat(response.statusCode()).isEqualTo(405);
    assertThat(response.headers().firstValue("allow")).contains(allowed);
  }

  @ParameterizedTest
  @CsvSource({
    "GET /api/sessions?query=%zz,400,invalid_value",
    "GET /api/../../x,404,not_found",
    "GET /nothing,404,not_found",
    "GET /v1/nothing,404,not_found",
    "GET /api/closed,405,method_not_allowed",
    "GET //,404,not_found",
    "OPTIONS *,404,not_found",
    "GET x,404,not_found",
    "CONNECT localhost:80,404,not_found",
  })
  void whatCannotBeFoundIsToldInTheShapeOfAllErrors(String target, int status, String code)
      throws Exception {
    String told = door.raw(target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");

    assertThat(told)
        .startsWith("HTTP/1.1 " + status)
        .contains("{\"error\":{\"message\":", "\"code\":\"" + code + "\"");
  }

  @Test
  void jsonIsNotToBeKept() throws Exception {
    for (String path : new String[] {"/api/mesh", "/api/sessions", "/v1/nothing", "/version"}) {
      assertThat(door.get(path).headers().firstValue("cache-control")).contains("no-store");
    }
  }

  @Test
  void healthAndVersionAreTold() throws Exception {
    assertThat(door.get("/health").body()).isEqualTo("{\"status\":\"SERVING\"}");
    assertThat(door.get("/version").body()).isEqualTo("{\"version\":\"1.2.3\"}");
  }

  @Test
  void healthIsAlsoThatOfWhatKeepsConversations() throws Exception {
    door.mesh.missing = true;
    try {
      HttpResponse<String> health = door.get("/health");
      assertThat(health.statusCode()).isEqualTo(503);
      assertThat(health.body())
          .isEqualTo("{\"status\":\"NOT_SERVING\",\"reason\":\"the disk is full\"}");
      while (door.mesh.serving()) {
        Thread.sleep(20);
      }
    } finally {
      door.mesh.missing = false;
    }
    while (!door.mesh.serving()) {
      Thread.sleep(20);
    }
  }
}
