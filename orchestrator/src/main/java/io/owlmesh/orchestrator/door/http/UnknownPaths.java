// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.http;

import io.owlmesh.orchestrator.pipeline.AdmissionControl;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Whoever asks for what is not there hears so in the same words as of any other mistake: 404 if no
 * method is known at a path, 405 with those that are. HEAD is answered wherever GET is.
 */
@Singleton
final class UnknownPaths {
  // After the check of the host, which says more of it.
  private static final int BEFORE_ROUTES = -99;
  private static final String SEEN = "owl.head";

  private final AdmissionControl answers;

  @Inject
  UnknownPaths(AdmissionControl answers) {
    this.answers = answers;
  }

  void install(@Observes Router router) {
    for (int status : new int[] {400, 404, 405}) {
      router.errorHandler(status, routing -> failed(routing, router));
    }
    // What fails in a route is told before the server would tell it, which says a status alone.
    router.route().order(BEFORE_ROUTES).failureHandler(routing -> failed(routing, router));
  }

  private void failed(RoutingContext routing, Router router) {
    switch (routing.statusCode()) {
      case 400 -> refuse(routing, 400, "invalid_url", "the URL is malformed");
      // A route for all paths, as that of the page's files, takes one of the two for the other.
      case 404, 405 -> refuse(routing, router.getRoutes());
      default -> routing.next();
    }
  }

  /** Whether a response is to have no body, whatever method its route is for. */
  static boolean isHead(RoutingContext routing) {
    return routing.data().containsKey(SEEN) || routing.request().method().equals(HttpMethod.HEAD);
  }

  private void refuse(RoutingContext routing, int status, String code, String sentence) {
    new Exchange(routing, answers).fail(new HttpRefusal(status, code, sentence));
  }

  private void refuse(RoutingContext routing, List<Route> routes) {
    String path = String.valueOf(routing.request().path());
    HttpMethod method = routing.request().method();
    Set<String> allowed = allowed(routes, path);
    if (allowed.isEmpty()) {
      refuse(routing, 404, "not_found", "there is no '%s'".formatted(path));
    } else if (method.equals(HttpMethod.HEAD)
        && allowed.contains("GET")
        && routing.data().putIfAbsent(SEEN, true) == null) {
      routing.reroute(HttpMethod.GET, path);
    } else {
      String methods = String.join(", ", allowed);
      routing.response().putHeader("Allow", methods);
      refuse(
          routing,
          405,
          "method_not_allowed",
          "'%s' does not take %s but %s".formatted(path, method, methods));
    }
  }

  private static Set<String> allowed(List<Route> routes, String path) {
    Set<String> allowed = new TreeSet<>();
    for (Route route : routes) {
      Set<HttpMethod> methods = route.methods();
      if (methods != null && isAt(route, path)) {
        methods.forEach(method -> allowed.add(method.name()));
      }
    }
    if (allowed.contains("GET")) {
      allowed.add("HEAD");
    }
    return allowed;
  }

  /** Whether a route is for this very path, and not for all below another. */
  private static boolean isAt(Route route, String path) {
    String pattern = route.getPath();
    return pattern != null && !pattern.endsWith("*") && path.matches(regex(pattern));
  }

  private static String regex(String pattern) {
    return Pattern.compile("/")
        .splitAsStream(pattern)
        .map(part -> part.startsWith(":") ? "[^/]+" : Pattern.quote(part))
        .collect(Collectors.joining("/"));
  }
}
