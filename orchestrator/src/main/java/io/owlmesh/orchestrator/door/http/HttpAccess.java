// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.http;

import io.netty.handler.codec.http.cookie.Cookie;
import io.netty.handler.codec.http.cookie.ServerCookieDecoder;
import io.opentelemetry.api.trace.Span;
import io.owlmesh.core.OwlException;
import io.owlmesh.core.identity.CallerLimits.Kind;
import io.owlmesh.orchestrator.audit.AuditNote;
import io.owlmesh.orchestrator.audit.Refusal;
import io.owlmesh.orchestrator.identity.Authenticator;
import io.owlmesh.orchestrator.limits.RateLimits;
import io.owlmesh.orchestrator.pipeline.AdmissionControl;
import io.owlmesh.wire.identity.Access;
import io.owlmesh.wire.identity.Caller;
import io.vertx.core.Context;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Asks every HTTP request for its credential, in the header {@code Authorization} or the cookie of
 * the page, before anybody looks at what it wants. What each route needs is listed here; one that
 * is not listed is not reached.
 */
@Singleton
public final class HttpAccess {
  /** Holds the credential of the page, out of reach of its scripts. */
  static final String COOKIE = "owl-credential";

  /** Under which the code of an error is kept that was the response. */
  static final String OUTCOME = "owl.outcome";

  private static final String CALLER = "owl.caller";
  private static final String NOTE = "owl.audit";
  // After what keeps foreign pages away, before all routes.
  private static final int BEFORE_ROUTES = -90;

  private static final List<Rule> RULES =
      Stream.of(
              rules(Access.ANYBODY, "GET /health", "GET /v1/health"),
              // The page itself, which holds nothing and has its user sign in.
              rules(Access.ANYBODY, "GET /", "GET /index.html", "GET /sign-in.html"),
              rules(Access.ANYBODY, "GET /theme.js"),
              rules(Access.ANYBODY, "GET /assets/:file", "GET /api/sign-in"),
              rules(Access.ANYBODY, "POST /api/sign-in", "DELETE /api/sign-in"),
              rules(Access.ANYBODY, "GET /api/sign-in/provider", "GET /api/sign-in/callback"),
              rules(Access.USER, "GET /version", "GET /api/mesh", "GET /api/models"),
              rules(Access.USER, "GET /api/examples"),
              rules(Access.USER, "GET /api/sessions", "POST /api/sessions"),
              rules(Access.USER, "GET /api/sessions/:session", "PATCH /api/sessions/:session"),
              rules(Access.USER, "DELETE /api/sessions/:session"),
              rules(Access.USER, "GET /api/sessions/:session/answer"),
              rules(Access.USER, "POST /api/sessions/:session/stop"),
              rules(Access.USER, "POST /api/sessions/:session/turns"),
              rules(Access.USER, "PUT /api/sessions/:session/messages/:message/feedback"),
              rules(Access.USER, "POST /api/images", "GET /api/images/:sha256"),
              rules(Access.USER, "GET /api/images/:sha256/attention"),
              rules(Access.USER, "GET /v1/models", "GET /v1/models/:model"),
              rules(Access.USER, "POST /v1/chat/completions"),
              rules(Access.USER, "POST /v1/files", "GET /v1/files"),
              rules(Access.USER, "GET /v1/files/:file", "DELETE /v1/files/:file"),
              rules(Access.USER, "GET /v1/files/:file/content"),
              rules(Access.TENANT_OPERATOR, "GET /api/feedback"),
              rules(Access.OPERATOR, "GET /api/replicas"))
          .flatMap(rules -> rules)
          .toList();

  private final Authenticator authenticator;
  private final AdmissionControl answers;

  /** Who may take a route. */
  private record Rule(String route, String method, Pattern path, Access needed) {}

  @Inject
  public HttpAccess(Authenticator authenticator, AdmissionControl answers) {
    this.authenticator = authenticator;
    this.answers = answers;
  }

  private static Stream<Rule> rules(Access needed, String... routes) {
    return Stream.of(routes)
        .map(route -> {
          String[] parts = route.split(" ", 2);
          return new Rule(route, parts[0], pattern(parts[1]), needed);
        });
  }

  private static Pattern pattern(String path) {
    return Pattern.compile(
        Stream.of(path.split("(?<=/)|(?=/)", -1))
            .map(part -> part.startsWith(":") ? "[^/]+" : Pattern.quote(part))
            .collect(Collectors.joining()));
  }

  private static Optional<Rule> rule(HttpMethod method, String path) {
    String name = method.equals(HttpMethod.HEAD) ? "GET" : method.name();
    return RULES.stream()
        .filter(rule -> rule.method().equals(name) && rule.path().matcher(path).matches())
        .findFirst();
  }

  /** What a route needs; NOBODY if it is not listed. */
  static Access needed(HttpMethod method, String path) {
    return rule(method, path).map(Rule::needed).orElse(Access.NOBODY);
  }

  /** A route as it is listed, without what a caller wrote into the path. */
  private static String route(HttpMethod method, String path) {
    return rule(method, path).map(Rule::route).orElse("");
  }

  public void install(@Observes Router router) {
    router.route().order(BEFORE_ROUTES).handler(this::check);
  }

  private void check(RoutingContext routing) {
    Access listed = needed(routing.request().method(), routing.normalizedPath());
    // Whoever is known may hear that there is no such path.
    Access needed = listed == Access.NOBODY ? Access.USER : listed;
    CompletableFuture<Caller> admitted =
        authenticator.admit(credential(routing), address(routing), needed).toCompletableFuture();
    if (admitted.isDone()) {
      settle(routing, listed, admitted);
      return;
    }
    Context loop = routing.vertx().getOrCreateContext();
    routing.request().pause();
    admitted.whenComplete((_, _) ->
        loop.runOnContext(_ -> {
          settle(routing, listed, admitted);
          routing.request().resume();
        }));
  }

  private void settle(RoutingContext routing, Access listed, CompletableFuture<Caller> admitted) {
    if (routing.response().closed()) {
      return; // Nobody would hear when it ends, and give back what it holds.
    }
    if (admitted.isCompletedExceptionally()) {
      answers.audit().refused(Refusal.of(credential(routing), admitted.exceptionNow()));
      new Exchange(routing, answers).fail(admitted.exceptionNow());
    } else if (listed == Access.NOBODY) {
      routing.fail(404);
    } else {
      routing.put(CALLER, admitted.join());
      if (listed != Access.ANYBODY) {
        note(routing, admitted.join());
      }
      if (listed == Access.ANYBODY || isWithinLimits(routing, admitted.join())) {
        routing.next();
      }
    }
  }

  private void note(RoutingContext routing, Caller caller) {
    String route = route(routing.request().method(), routing.normalizedPath());
    String trace = Span.current().getSpanContext().getTraceId();
    AuditNote note = new AuditNote();
    routing.put(NOTE, note);
    routing.addEndHandler(end -> {
      String failure = routing.get(OUTCOME);
      String outcome = failure != null ? failure : end.succeeded() ? "ok" : "cancelled";
      answers.audit().request(caller, route, note.session(), trace, outcome);
    });
  }

  private boolean isWithinLimits(RoutingContext routing, Caller caller) {
    RateLimits limits = answers.limits();
    try {
      limits.take(caller, Kind.REQUESTS, 1);
      Runnable leave = limits.hold(caller, Kind.STREAMS, 1);
      routing.addEndHandler(_ -> leave.run());
      RateHeaders.put(routing.response().headers(), limits.standings(caller));
      return true;
    } catch (OwlException e) {
      RateHeaders.put(routing.response().headers(), limits.standings(caller));
      new Exchange(routing, answers).fail(e);
      return false;
    }
  }

  private static @Nullable String credential(RoutingContext routing) {
    String bearer = Authenticator.bearer(routing.request().headers().getAll("Authorization"));
    List<String> cookies =
        routing.request().headers().getAll("Cookie").stream()
            .flatMap(header -> ServerCookieDecoder.STRICT.decodeAll(header).stream())
            .filter(cookie -> cookie.name().equals(COOKIE))
            .map(Cookie::value)
            .toList();
    if (bearer != null || cookies.isEmpty()) {
      return bearer;
    }
    // A second one is of a page of another server of the same domain; Vert.x tells the first alone.
    return cookies.size() > 1 ? Authenticator.NOBODYS : cookies.getFirst();
  }

  private static InetSocketAddress address(RoutingContext routing) {
    SocketAddress from = routing.request().connection().remoteAddress();
    return new InetSocketAddress(from.hostAddress(), from.port());
  }

  /** Who asks. */
  static Caller caller(RoutingContext routing) {
    Caller known = routing.get(CALLER);
    return known == null ? Caller.anonymous(address(routing)) : known;
  }

  /** What is noted of a request. */
  static AuditNote note(RoutingContext routing) {
    AuditNote note = routing.get(NOTE);
    return note == null ? new AuditNote() : note;
  }

  /**
   * Whether one of these credentials lets its bearer use the page: the first that does. A sign-in
   * in vain is one refusal, however many were tried.
   */
  Optional<String> firstThatMayUse(List<String> credentials, RoutingContext routing) {
    @Nullable Refusal last = null;
    for (String credential : credentials) {
      Optional<Refusal> refusal =
          authenticator
              .admit(credential, address(routing), Access.USER)
              .toCompletableFuture()
              .handle((_, failure) ->
                  Optional.ofNullable(failure).map(why -> Refusal.of(credential, why)))
              .join();
      if (refusal.isEmpty()) {
        return Optional.of(credential);
      }
      last = refusal.get();
    }
    if (last != null) {
      answers.audit().refused(last);
    }
    return Optional.empty();
  }
}
