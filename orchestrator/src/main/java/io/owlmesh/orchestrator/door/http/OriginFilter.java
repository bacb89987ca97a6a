// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.http;

import io.netty.util.NetUtil;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.pipeline.AdmissionControl;
import io.owlmesh.wire.identity.Hosts;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.HostAndPort;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.URI;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Refuses what a page of somebody else makes a browser send, with the credential that the browser
 * keeps, or where none is needed. A browser says where a request comes from, and the name it looked
 * up to get here; other clients say neither, or what is true. Pages that the operator names may ask
 * (CORS).
 */
@Singleton
final class OriginFilter {
  private static final int BEFORE_ALL = -100;
  private static final String METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE";
  private static final Pattern SERVER = Pattern.compile("(?i)https?://([^/?#]*)");
  private static final String TOLD = "X-Request-Id, Retry-After";

  private final AdmissionControl answers;
  private final Set<String> names = new HashSet<>(Set.of("localhost"));
  private final Set<String> origins = new HashSet<>();
  private final Set<String> proxies;

  /**
   * @throws OwlException BAD_INPUT if the server is to listen beyond loopback and has no names
   */
  @Inject
  OriginFilter(HttpConfig config, AdmissionControl answers) {
    this.answers = answers;
    List<String> hosts = config.httpHosts().orElse(List.of());
    if (hosts.isEmpty() && !Hosts.isLoopback(config.host())) {
      throw OwlException.badInput(
          "owl.host",
          "'%s' is reached from other machines: set OWL_HTTP_HOSTS to the names by which browsers may call it"
              .formatted(config.host()));
    }
    hosts.forEach(name -> names.add(name.toLowerCase(Locale.ROOT)));
    config
        .httpOrigins()
        .ifPresent(all -> all.forEach(one -> origins.add(one.toLowerCase(Locale.ROOT))));
    proxies = Set.copyOf(config.httpProxies().orElse(List.of()));
  }

  void install(@Observes Router router) {
    router.route().order(BEFORE_ALL).handler(this::check).failureHandler(this::failed);
  }

  private void check(RoutingContext routing) {
    HttpServerRequest request = routing.request();
    HostAndPort authority = authority(request);
    String origin = request.getHeader("Origin");
    if (isTwice(request, "Host") || isTwice(request, "Origin") || isOfAnotherHost(request)) {
      refuseHost(routing); // A proxy may have looked at the other one.
    } else if (authority == null || !known(authority.host())) {
      refuse(routing, "nobody calls this server '%s'".formatted(authority));
    } else if (origin != null && origins.contains(origin.toLowerCase(Locale.ROOT))) {
      allow(routing, origin);
    } else if (isForeign(origin, authority)) {
      refuse(routing, "pages of other servers may not ask this one");
    } else {
      routing.next();
    }
  }

  private static boolean isTwice(HttpServerRequest request, String header) {
    return request.headers().getAll(header).size() > 1;
  }

  /** Whether the target of a request is a whole URL that another server has than {@code Host}. */
  private static boolean isOfAnotherHost(HttpServerRequest request) {
    String target = request.uri();
    if (request.version() == HttpVersion.HTTP_2 || target.startsWith("/") || target.equals("*")) {
      return false;
    }
    String host = String.valueOf(request.getHeader("Host"));
    Matcher server = SERVER.matcher(target);
    return !server.lookingAt() || !server.group(1).equalsIgnoreCase(host);
  }

  /** A request without a host fails before any route; strangers shall fill no log by that. */
  private void failed(RoutingContext routing) {
    if (routing.statusCode() == 400 && routing.request().authority() == null) {
      refuseHost(routing);
    } else {
      routing.next();
    }
  }

  /** The name that the browser knows. */
  private @Nullable HostAndPort authority(HttpServerRequest request) {
    String forwarded = request.getHeader("X-Forwarded-Host");
    if (forwarded == null || !proxies.contains(request.remoteAddress().hostAddress())) {
      return request.authority();
    }
    return HostAndPort.parseAuthority(forwarded.split(",", 2)[0].strip(), -1);
  }

  /** Answers what a browser asks before it lets a page ask, or adds what it looks for. */
  private static void allow(RoutingContext routing, String origin) {
    HttpServerRequest request = routing.request();
    HttpServerResponse response = routing.response();
    response.putHeader("Access-Control-Allow-Origin", origin);
    response.putHeader("Vary", "Origin");
    if (!request.method().equals(HttpMethod.OPTIONS)
        || request.getHeader("Access-Control-Request-Method") == null) {
      response.putHeader("Access-Control-Expose-Headers", TOLD);
      routing.next();
      return;
    }
    response.putHeader("Access-Control-Allow-Methods", METHODS);
    String headers = request.getHeader("Access-Control-Request-Headers");
    if (headers != null) {
      response.putHeader("Access-Control-Allow-Headers", headers);
    }
    response.putHeader("Access-Control-Max-Age", "600").setStatusCode(204).end();
  }

  /** Guards against DNS rebinding: anybody's name server may lead any other name here. */
  private boolean known(String host) {
    String name = Hosts.bare(host);
    return isAddress(name) || names.contains(name);
  }

  private static boolean isAddress(String name) {
    return NetUtil.isValidIpV4Address(name) || NetUtil.isValidIpV6Address(name);
  }

  private static boolean isForeign(@Nullable String origin, HostAndPort authority) {
    if (origin == null) {
      return false;
    }
    try {
      String from = URI.create(origin).getAuthority();
      return from == null || !from.equalsIgnoreCase(authority.toString());
    } catch (IllegalArgumentException e) {
      return true;
    }
  }

  private void refuseHost(RoutingContext routing) {
    String sentence = "a request has the headers Host and Origin once, and a URL of that host";
    new Exchange(routing, answers).fail(new HttpRefusal(400, "invalid_url", sentence));
  }

  private void refuse(RoutingContext routing, String sentence) {
    new Exchange(routing, answers).fail(new HttpRefusal(403, "forbidden", sentence));
  }
}
