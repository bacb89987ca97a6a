// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.owlmesh.core.Sha256;
import io.owlmesh.orchestrator.door.http.HttpAccess;
import io.owlmesh.orchestrator.door.http.ProviderRoutes;
import io.owlmesh.orchestrator.identity.Authenticator;
import io.owlmesh.orchestrator.identity.CodeFlow;
import io.owlmesh.orchestrator.identity.IdentityConfig;
import io.owlmesh.orchestrator.identity.ProviderConfig;
import io.owlmesh.orchestrator.identity.TokenIssuer;
import io.owlmesh.wire.TestConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Signing in from the page at a small provider, there and back. */
@Timeout(60)
class ProviderSignInTest extends OpenAiDoor {
  private TokenIssuer issuer;
  private HttpServer provider;
  // Of each code that was given: what its sign-in asked for.
  private final Map<String, Map<String, String>> codes = new ConcurrentHashMap<>();
  private String audience = TokenIssuer.AUDIENCE;

  @BeforeEach
  void ask() throws Exception {
    issuer = new TokenIssuer();
    provider = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    provider.createContext("/authorize", this::authorize);
    provider.createContext("/token", this::token);
    provider.start();
    Map<String, String> settings = new HashMap<>(issuer.settings());
    settings.put("owl.keys", folder.resolve("none").toString());
    HttpAccess access =
        new HttpAccess(
            new Authenticator(TestConfig.of(IdentityConfig.class, settings)), door.mesh.answers);
    CodeFlow flow =
        new CodeFlow(
            TestConfig.of(
                ProviderConfig.class,
                Map.of(
                    "owl.oidc-client",
                    "page",
                    "owl.oidc-secret",
                    "secret",
                    "owl.oidc-authorize",
                    at("/authorize"),
                    "owl.oidc-token",
                    at("/token"),
                    "owl.oidc-redirect",
                    "http://127.0.0.1:" + door.port() + "/api/sign-in/callback")));
    door.with(access::install).with(new ProviderRoutes(door.mesh.answers, access, flow)::install);
  }

  @AfterEach
  void stop() {
    provider.stop(0);
    issuer.close();
  }

  private String at(String path) {
    return "http://127.0.0.1:" + provider.getAddress().getPort() + path;
  }

  private static Map<String, String> form(String text) {
    Map<String, String> fields = new HashMap<>();
    for (String field : text.split("&", -1)) {
      String[] sides = field.split("=", 2);
      fields.put(sides[0], URLDecoder.decode(sides[1], StandardCharsets.UTF_8));
    }
    return fields;
  }

  /** Whoever comes is Ann, who agrees. */
  private void authorize(HttpExchange exchange) throws IOException {
    Map<String, String> asked = form(exchange.getRequestURI().getRawQuery());
    String code = "code" + codes.size();
    codes.put(code, asked);
    exchange
        .getResponseHeaders()
        .add(
            "Location",
            asked.get("redirect_uri") + "?code=" + code + "&state=" + asked.get("state"));
    exchange.sendResponseHeaders(302, -1);
    exchange.close();
  }

  /** A token, once, for whoever knows what the sign-in began with. */
  private void token(HttpExchange exchange) throws IOException {
    Map<String, String> given =
        form(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
    Map<String, String> asked = codes.remove(given.get("code"));
    var challenge = Sha256.begin();
    String verifier = Objects.requireNonNullElse(given.get("code_verifier"), "");
    String proof =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(challenge.digest(verifier.getBytes(StandardCharsets.US_ASCII)));
    String basic =
        Base64.getEncoder().encodeToString("page:secret".getBytes(StandardCharsets.UTF_8));
    boolean right =
        asked != null
            && proof.equals(asked.get("code_challenge"))
            && List.of("Basic " + basic).equals(exchange.getRequestHeaders().get("Authorization"));
    String body = "{\"error\":\"invalid_grant\"}";
    if (asked != null && right) {
      try {
        String id =
            issuer.token(
                TokenIssuer.claims().audience(audience).claim("nonce", asked.get("nonce")).build());
        body =
            "{\"access_token\":\"opaque\",\"token_type\":\"Bearer\",\"id_token\":\"" + id + "\"}";
      } catch (com.nimbusds.jose.JOSEException e) {
        throw new IOException(e);
      }
    }
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().add("Content-Type", "application/json");
    exchange.sendResponseHeaders(right ? 200 : 400, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private static String cookie(HttpResponse<String> response, String name) {
    return response.headers().allValues("Set-Cookie").stream()
        .filter(one -> one.startsWith(name + "="))
        .map(one -> one.substring(0, one.indexOf(';')))
        .findFirst()
        .orElseThrow();
  }

  private HttpResponse<String> begin() throws Exception {
    return door.get("/api/sign-in/provider");
  }

  /** Where the provider sends the user back to. */
  private String returned(HttpResponse<String> begin) throws Exception {
    URI there = URI.create(begin.headers().firstValue("Location").orElseThrow());
    URI back =
        URI.create(
            door.send(HttpRequest.newBuilder(there))
                .headers()
                .firstValue("Location")
                .orElseThrow());
    return back.getRawPath() + "?" + back.getRawQuery();
  }

  private HttpResponse<String> end(String returned, String remembered) throws Exception {
    return door.send(door.request(returned).header("Cookie", remembered));
  }

  @Test
  void whoeverSignsInAtTheProviderUsesThePage() throws Exception {
    HttpResponse<String> begin = begin();
    assertThat(begin.statusCode()).isEqualTo(302);
    assertThat(begin.headers().firstValue("Set-Cookie").orElseThrow())
        .containsIgnoringCase("HttpOnly")
        .contains("SameSite=Lax", "Path=/api/sign-in");

    HttpResponse<String> end = end(returned(begin), cookie(begin, "owl-sign-in"));

    assertThat(end.statusCode()).as(end.body()).isEqualTo(302);
    assertThat(end.headers().firstValue("Location")).contains("/");
    assertThat(end.headers().allValues("Set-Cookie"))
        .anyMatch(one -> one.contains("SameSite=Strict"));
    String credential = cookie(end, "owl-credential");
    assertThat(door.send(door.request("/api/mesh").header("Cookie", credential)).statusCode())
        .isEqualTo(200);
    assertThat(door.get("/api/mesh").statusCode()).isEqualTo(401);
    assertThat(door.get("/api/sign-in").body()).isEqualTo("{\"provider\":true}");
  }

  @Test
  void anAnswerToASignInOfSomebodyElseIsRefused() throws Exception {
    HttpResponse<String> victim = begin();
    HttpResponse<String> other = begin();
    String returned = returned(other);

    assertThat(end(returned, cookie(victim, "owl-sign-in")).statusCode()).isEqualTo(401);
    assertThat(door.get(returned).statusCode()).isEqualTo(401);
    assertThat(end(returned, "owl-sign-in=a.b.c").statusCode()).isEqualTo(401);
    assertThat(
            end(returned.replaceAll("code=[^&]*", "code=other"), cookie(other, "owl-sign-in"))
                .statusCode())
        .isEqualTo(401);
  }

  @Test
  void aCodeWorksOnceAndATokenForSomebodyElseDoesNot() throws Exception {
    HttpResponse<String> begin = begin();
    String returned = returned(begin);
    assertThat(end(returned, cookie(begin, "owl-sign-in")).statusCode()).isEqualTo(302);
    assertThat(end(returned, cookie(begin, "owl-sign-in")).statusCode()).isEqualTo(401);

    audience = "hawk";
    HttpResponse<String> again = begin();
    HttpResponse<String> refused = end(returned(again), cookie(again, "owl-sign-in"));
    assertThat(refused.statusCode()).isEqualTo(401);
    assertThat(refused.headers().allValues("Set-Cookie")).isEmpty();
  }

  @Test
  void theProviderThatRefusesIsToldAsThat() throws Exception {
    HttpResponse<String> begin = begin();
    String remembered = cookie(begin, "owl-sign-in");
    String state = remembered.substring("owl-sign-in=".length()).split("\\.", 2)[0];

    HttpResponse<String> end =
        end("/api/sign-in/callback?error=access_denied&state=" + state, remembered);

    assertThat(end.statusCode()).isEqualTo(401);
    assertThat(end.body()).contains("the provider refused the sign-in");
  }
}
