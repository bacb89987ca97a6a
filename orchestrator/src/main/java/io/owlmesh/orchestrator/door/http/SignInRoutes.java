// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.pipeline.AdmissionControl;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Cookie;
import io.vertx.core.http.CookieSameSite;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * The page's sign-in: a key or token becomes a cookie that the page's scripts cannot read and that
 * pages of others cannot send.
 */
@Singleton
public final class SignInRoutes {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final int MAX_BODY = 16 << 10;
  private static final long SECONDS = Duration.ofHours(12).toSeconds();

  private final AdmissionControl answers;
  private final HttpAccess access;

  @Inject
  public SignInRoutes(AdmissionControl answers, HttpAccess access) {
    this.answers = answers;
    this.access = access;
  }

  public void install(@Observes Router router) {
    router.post("/api/sign-in").handler(this::signIn);
    router
        .delete("/api/sign-in")
        .handler(
            Exchange.each(
                answers,
                exchange -> {
                  exchange.cookie(cookie("", exchange.request().isSSL()).setMaxAge(0));
                  exchange.reply("{}");
                }));
  }

  private void signIn(RoutingContext routing) {
    Exchange exchange = new Exchange(routing, answers);
    exchange.json(
        MAX_BODY,
        4,
        body -> {
          String credential = credential(body);
          if (access.firstThatMayUse(List.of(credential), routing).isEmpty()) {
            throw new OwlException(Fault.UNAUTHENTICATED, "", "the key or token is not valid");
          }
          exchange.cookie(credential(credential, routing.request().isSSL()));
          exchange.reply("{}");
        });
  }

  private static String credential(Buffer body) {
    try {
      JsonNode key = JSON.readTree(body.getBytes()).path("credential");
      // What a cookie can hold; a key and a token are no other.
      if (key.isTextual() && key.textValue().matches("[A-Za-z0-9._~+/=-]{1,8192}")) {
        return key.textValue();
      }
    } catch (IOException e) {
      // Told below.
    }
    throw OwlException.badInput("credential", "is no key and no token");
  }

  /** The cookie by which the page shows a credential. */
  static Cookie credential(String value, boolean encrypted) {
    return cookie(value, encrypted).setMaxAge(SECONDS);
  }

  private static Cookie cookie(String value, boolean encrypted) {
    return Cookie.cookie(HttpAccess.COOKIE, value)
        .setHttpOnly(true)
        .setSameSite(CookieSameSite.STRICT)
        .setSecure(encrypted)
        .setPath("/");
  }
}
