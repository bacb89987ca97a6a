// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.core.identity.ApiKey;
import io.owlmesh.core.identity.ApiKey.Secret;
import io.owlmesh.core.identity.KeyFile;
import io.owlmesh.core.identity.Role;
import io.owlmesh.orchestrator.door.http.HttpAccess;
import io.owlmesh.orchestrator.door.http.SignInRoutes;
import io.owlmesh.orchestrator.identity.Authenticator;
import io.owlmesh.orchestrator.identity.IdentityConfig;
import io.owlmesh.orchestrator.identity.TokenIssuer;
import io.owlmesh.wire.TestConfig;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Route;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Every route of the orchestrator, with and without credentials. */
@Timeout(60)
class HttpAccessTest extends OpenAiDoor {
  private static final Set<String> PUBLIC =
      Set.of("GET /health", "GET /v1/health", "POST /api/sign-in", "DELETE /api/sign-in");
  private static final String REFUSAL =
      "{\"error\":{\"message\":\"a valid API key or token is needed, as a bearer credential\","
          + "\"type\":\"invalid_request_error\",\"param\":null,\"code\":\"invalid_api_key\"}}";

  private static final int REQUESTS = Integer.getInteger("owl.requests", 1_000);

  private final Set<String> paths = new TreeSet<>();
  private TokenIssuer issuer;
  private KeyFile keys;

  @BeforeEach
  void ask() throws Exception {
    issuer = new TokenIssuer();
    keys = new KeyFile(folder.resolve("keys"));
    Map<String, String> settings = new HashMap<>(issuer.settings());
    settings.put("owl.keys", keys.path().toString());
    key(Role.USER, Optional.empty());
    Authenticator authenticator = new Authenticator(TestConfig.of(IdentityConfig.class, settings));
    HttpAccess access = new HttpAccess(authenticator, door.mesh.answers);
    door.with(access::install)
        .with(new SignInRoutes(door.mesh.answers, access)::install)
        .with(router -> router.get("/api/forgotten").handler(routing -> routing.end("open")))
        .with(router -> router.getRoutes().forEach(this::collect));
  }

  @AfterEach
  void stop() {
    issuer.close();
  }

  private void collect(Route route) {
    Set<HttpMethod> methods = route.methods();
    if (methods != null && route.getPath() != null) {
      methods.forEach(method -> paths.add(method + " " + route.getPath()));
    }
  }

  private String key(Role role, Optional<Instant> expires) throws Exception {
    Secret secret = Secret.random();
    keys.add(ApiKey.of(secret, role, "zoo", Instant.now(), expires, ""));
    return secret.credential();
  }

  /** Takes a route, with values in place of its names. */
  private HttpResponse<String> take(String route, String credential) throws Exception {
    String[] parts = route.split(" ", 2);
    var request =
        door.request(parts[1].replaceAll(":[a-z0-9]+", "x"))
            .header("Content-Type", "application/json")
            .method(
                parts[0],
                parts[0].equals("GET") ? BodyPublishers.noBody() : BodyPublishers.ofString("{}"));
    return door.send(
        credential.isEmpty() ? request : request.header("Authorization", "Bearer " + credential));
  }

  @Test
  void noRouteAnswersWithoutARightCredential() throws Exception {
    String[] wrong = {
      "",
      Secret.random().credential(),
      key(Role.ADMIN, Optional.of(Instant.now().minusSeconds(1))),
      "sk-0123456789",
      issuer.token(
          TokenIssuer.claims().expirationTime(Date.from(Instant.now().minusSeconds(120))).build()),
      issuer.token(TokenIssuer.claims().audience("hawk").build()),
      issuer.forged(TokenIssuer.claims().build()),
    };
    int questions = door.mesh.llmCalls();
    Set<String> told = new HashSet<>();
    Set<String> closed = new TreeSet<>(paths);
    closed.addAll(Set.of("GET /api/unknown", "PATCH /v1/models", "TRACE /api/mesh", "GET /q/info"));
    closed.removeAll(PUBLIC);
    assertThat(closed).hasSizeGreaterThan(25);
    for (String route : closed) {
      for (String credential : wrong) {
        HttpResponse<String> response = take(route, credential);
        assertThat(response.statusCode()).as(route).isEqualTo(401);
        assertThat(response.headers().firstValue("WWW-Authenticate")).contains("Bearer");
        told.add(response.body());
      }
    }

    assertThat(told).containsExactly(REFUSAL);
    assertThat(door.mesh.llmCalls()).isEqualTo(questions);
  }

  /** In the long form, {@code -Dowl.requests=10000}. */
  @Test
  void noneOfManyRequestsWithoutARightCredentialIsAnswered() throws Exception {
    String[] wrong = {
      "",
      Secret.random().credential(),
      key(Role.ADMIN, Optional.of(Instant.now().minusSeconds(1))),
      issuer.token(
          TokenIssuer.claims().expirationTime(Date.from(Instant.now().minusSeconds(120))).build()),
      issuer.token(TokenIssuer.claims().issuer("https://other.example").build()),
      issuer.forged(TokenIssuer.claims().build()),
    };
    List<String> closed = new ArrayList<>(paths);
    closed.removeAll(PUBLIC);
    int questions = door.mesh.llmCalls();
    Random random = new Random(1);
    for (int i = 0; i < REQUESTS; i++) {
      String route = closed.get(random.nextInt(closed.size()));
      HttpResponse<String> response = take(route, wrong[random.nextInt(wrong.length)]);

      assertThat(response.statusCode()).as(route).isEqualTo(401);
      assertThat(response.body()).as(route).isEqualTo(REFUSAL);
    }
    assertThat(door.mesh.llmCalls()).isEqualTo(questions);
  }

  @Test
  void aUserTakesEveryRouteButThoseOfOperators() throws Exception {
    String token = issuer.token(TokenIssuer.claims().build());
    Set<String> forbidden = new TreeSet<>();
    Set<String> unreached = new TreeSet<>();
    for (String route : paths) {
      int status = take(route, token).statusCode();
      assertThat(status).as(route).isNotEqualTo(401);
      if (status == 403) {
        forbidden.add(route);
      }
      if (status == 405) {
        unreached.add(route);
      }
    }

    assertThat(forbidden).containsExactly("GET /api/feedback", "GET /api/replicas");
    // A route that nobody listed is not reached, not even by who is known.
    assertThat(unreached).containsExactly("GET /api/forgotten");
    assertThat(take("GET /api/feedback", token).body()).contains("insufficient_permissions");
  }

  @Test
  void anOperatorReadsFeedback() throws Exception {
    String token = issuer.token(TokenIssuer.claims().claim("roles", "operator").build());

    assertThat(take("GET /api/feedback", token).statusCode()).isEqualTo(200);
  }

  @Test
  void healthIsToldToAnybodyButNotWhyItIsBad() throws Exception {
    door.mesh.missing = true;
    HttpResponse<String> health = take("GET /health", "");

    assertThat(health.statusCode()).isEqualTo(503);
    assertThat(health.body()).isEqualTo("{\"status\":\"NOT_SERVING\"}");
  }

  @Test
  void thePageSignsInByACookieThatItsScriptsCannotRead() throws Exception {
    String token = issuer.token(TokenIssuer.claims().build());

    HttpResponse<String> response = door.post("/api/sign-in", "{\"credential\":\"" + token + "\"}");

    assertThat(response.statusCode()).isEqualTo(200);
    String cookie = response.headers().firstValue("Set-Cookie").orElseThrow();
    assertThat(cookie)
        .containsIgnoringCase("HttpOnly")
        .contains("SameSite=Strict")
        .contains("Path=/");
    String sent = cookie.substring(0, cookie.indexOf(';'));
    assertThat(door.send(door.request("/api/mesh").header("Cookie", sent)).statusCode())
        .isEqualTo(200);
    assertThat(door.send(door.request("/api/mesh").header("Cookie", sent + "x")).statusCode())
        .isEqualTo(401);
    assertThat(door.post("/api/sign-in", "{\"credential\":\"owl_x\"}").statusCode()).isEqualTo(401);
    assertThat(door.post("/api/sign-in", "{\"credential\":\"a; b\"}").statusCode()).isEqualTo(400);
  }

  @Test
  void aCredentialIsShownOnce() throws Exception {
    String key = issuer.token(TokenIssuer.claims().build());
    String bearer = "Bearer " + key;
    String cookie = "owl-credential=" + key;

    assertThat(status("Authorization", bearer)).isEqualTo(200);
    assertThat(status("Cookie", cookie)).isEqualTo(200);
    // The header goes before the cookie, and one for a proxy does not count.
    assertThat(status("Authorization", bearer, "Cookie", cookie + "x")).isEqualTo(200);
    assertThat(status("Authorization", "Bearer x", "Cookie", cookie)).isEqualTo(401);
    assertThat(status("Authorization", "Basic YTpi", "Cookie", cookie)).isEqualTo(200);

    for (String other : List.of(bearer, "Bearer x", "Basic YTpi", "")) {
      assertThat(status("Authorization", bearer, "Authorization", other)).isEqualTo(401);
      assertThat(status("Authorization", other, "Authorization", bearer)).isEqualTo(401);
      assertThat(status("Authorization", bearer, "Authorization", other, "Cookie", cookie))
          .isEqualTo(401);
    }
    assertThat(status("Cookie", cookie + "x; " + cookie)).isEqualTo(401);
    assertThat(status("Cookie", cookie + "; " + cookie + "x")).isEqualTo(401);
  }

  private int status(String... headers) throws Exception {
    return door.send(door.request("/api/mesh").headers(headers)).statusCode();
  }

  @Test
  void aBodyThatCameBeforeItsTokenWasCheckedIsRead() throws Exception {
    issuer.rotate();
    String token = issuer.token(TokenIssuer.claims().build());

    HttpResponse<String> response =
        door.send(
            door.json("/api/sessions", "{\"settings\":{}}")
                .header("Authorization", "Bearer " + token));

    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
  }
}
