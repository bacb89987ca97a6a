// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.http;

import io.netty.util.NetUtil;
import io.owlmesh.orchestrator.pipeline.AdmissionControl;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.URI;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Refuses what a page of somebody else makes a browser send: there is no password, so whoever
 * reaches the server may do everything. A browser says where a request comes from, and the name it
 * looked up to get here; other clients say neither, or what is true.
 */
@Singleton
final class OriginFilter {
  private static final int BEFORE_ALL = -100;

  private final AdmissionControl answers;
  private final boolean loopback;
  private final Set<String> names = new HashSet<>(Set.of("localhost"));

  @Inject
  OriginFilter(HttpConfig config, AdmissionControl answers) {
    this.answers = answers;
    this.loopback = config.host().startsWith("127.") || config.host().equals("localhost");
    config.httpHosts().ifPresent(names::addAll);
  }

  void install(@Observes Router router) {
    router.route().order(BEFORE_ALL).handler(this::check);
  }

  private void check(RoutingContext routing) {
    HttpServerRequest request = routing.request();
    HostAndPort authority = request.authority();
    if (authority == null || !known(authority.host())) {
      refuse(routing, "nobody calls this server '%s'".formatted(authority));
    } else if (isForeign(request.getHeader("Origin"), authority)) {
      refuse(routing, "pages of other servers may not ask this one");
    } else {
      routing.next();
    }
  }

  /** A name that somebody's own server of names leads here could be anybody's. */
  private boolean known(String host) {
    String name = host.toLowerCase(Locale.ROOT).replaceAll("[\\[\\]]", "");
    return !loopback || isAddress(name) || names.contains(name);
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

  private void refuse(RoutingContext routing, String sentence) {
    new Exchange(routing, answers).fail(new HttpRefusal(403, "forbidden", sentence));
  }
}
