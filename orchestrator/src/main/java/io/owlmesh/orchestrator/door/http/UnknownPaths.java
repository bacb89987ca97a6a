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

/** Whoever asks for what is not there hears so in the same words as of any other mistake. */
@Singleton
final class UnknownPaths {
  private final AdmissionControl answers;

  @Inject
  UnknownPaths(AdmissionControl answers) {
    this.answers = answers;
  }

  void install(@Observes Router router) {
    router.errorHandler(
        400, routing -> refuse(routing, 400, "invalid_url", "the URL is malformed"));
    router.errorHandler(
        404,
        routing ->
            refuse(
                routing, 404, "not_found", "there is no '%s'".formatted(routing.request().path())));
    router.errorHandler(405, routing -> refuseMethod(routing, router.getRoutes()));
  }

  private void refuse(RoutingContext routing, int status, String code, String sentence) {
    new Exchange(routing, answers).fail(new HttpRefusal(status, code, sentence));
  }

  private void refuseMethod(RoutingContext routing, List<Route> routes) {
    String path = String.valueOf(routing.request().path());
    Set<String> allowed = new TreeSet<>();
    for (Route route : routes) {
      Set<HttpMethod> methods = route.methods();
      if (methods != null && isAt(route, path)) {
        methods.forEach(method -> allowed.add(method.name()));
      }
    }
    routing.response().putHeader("Allow", String.join(", ", allowed));
    String sentence =
        "'%s' does not take %s but %s"
            .formatted(path, routing.request().method(), String.join(", ", allowed));
    refuse(routing, 405, "method_not_allowed", sentence);
  }

  private static boolean isAt(Route route, String path) {
    String pattern = route.getPath();
    return pattern != null
        && path.matches(pattern.replaceAll("\\*$", ".*").replaceAll(":[^/]+", "[^/]+"));
  }
}
