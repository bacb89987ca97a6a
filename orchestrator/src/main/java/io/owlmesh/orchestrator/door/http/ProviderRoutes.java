// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.http;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.identity.CodeFlow;
import io.owlmesh.orchestrator.pipeline.AdmissionControl;
import io.vertx.core.http.Cookie;
import io.vertx.core.http.CookieSameSite;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.Semaphore;

/** Sign-in at an OpenID Connect provider: there and back, and the page has its cookie. */
@Singleton
public final class ProviderRoutes {
  private static final String REMEMBERED = "owl-sign-in";
  private static final String FOLDER = "/api/sign-in";
  private static final long SECONDS = Duration.ofMinutes(10).toSeconds();

  /** Sign-ins that the provider is asked about at a time: anybody may begin one. */
  private static final int MAX_ASKING = 16;

  private final AdmissionControl answers;
  private final HttpAccess access;
  private final CodeFlow flow;
  private final Semaphore asking = new Semaphore(MAX_ASKING);

  @Inject
  public ProviderRoutes(AdmissionControl answers, HttpAccess access, CodeFlow flow) {
    this.answers = answers;
    this.access = access;
    this.flow = flow;
  }

  public void install(@Observes Router router) {
    router
        .get("/api/sign-in")
        .handler(
            Exchange.each(
                answers, exchange -> exchange.reply("{\"provider\":" + flow.isThere() + "}")));
    router.get("/api/sign-in/provider").handler(Exchange.each(answers, this::begin));
    router.get("/api/sign-in/callback").handler(this::end);
  }

  private void begin(Exchange exchange) {
    CodeFlow.Begin begin = flow.begin();
    exchange.cookie(remembered(begin.remembered(), exchange).setMaxAge(SECONDS));
    exchange.redirect(begin.at());
  }

  private void end(RoutingContext routing) {
    Exchange exchange = new Exchange(routing, answers);
    exchange.work(() -> {
      Cookie remembered = routing.request().getCookie(REMEMBERED);
      if (remembered == null) {
        throw new OwlException(Fault.UNAUTHENTICATED, "", "the sign-in was not begun here");
      }
      if (!asking.tryAcquire()) {
        throw new OwlException(Fault.SATURATED, "", "too many sign in at the same time");
      }
      try {
        complete(exchange, routing, remembered);
      } finally {
        asking.release();
      }
    });
  }

  private void complete(Exchange exchange, RoutingContext routing, Cookie remembered) {
    URI returned = URI.create("https://owl.invalid" + routing.request().uri());
    String token =
        access
            .firstThatMayUse(flow.tokens(remembered.getValue(), returned), routing)
            .orElseThrow(() ->
                new OwlException(
                    Fault.UNAUTHENTICATED, "", "the provider's tokens are not for this"));
    exchange.cookie(remembered("", exchange).setMaxAge(0));
    exchange.cookie(SignInRoutes.credential(token, routing.request().isSSL()));
    exchange.redirect(URI.create("/"));
  }

  /** The browser comes back from a page of another server, so that the cookie is lax. */
  private static Cookie remembered(String value, Exchange exchange) {
    return Cookie.cookie(REMEMBERED, value)
        .setHttpOnly(true)
        .setSameSite(CookieSameSite.LAX)
        .setSecure(exchange.request().isSSL())
        .setPath(FOLDER);
  }
}
