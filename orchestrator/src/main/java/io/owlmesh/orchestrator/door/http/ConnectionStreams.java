// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.http;

import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Bounds the requests of one connection of HTTP/2: the limit of the protocol binds only clients
 * that acknowledge it. Further ones are refused as if they had never come; whoever goes on is cut
 * off.
 */
@Singleton
final class ConnectionStreams {
  /** Requests of a connection at a time; told to clients by the server's settings, too. */
  static final int MAX = 100;

  private static final int MAX_REFUSED = 10 * MAX;
  private static final long REFUSED_STREAM = 7;
  private static final int FIRST = -200;

  private final Map<HttpConnection, Streams> connections = new ConcurrentHashMap<>();

  /** Of one connection; on its thread alone. */
  private static final class Streams {
    private int open;
    private int refused;
  }

  void install(@Observes Router router) {
    router.route().order(FIRST).handler(this::count);
  }

  private void count(RoutingContext routing) {
    if (routing.request().version() != HttpVersion.HTTP_2) {
      routing.next(); // Its requests come one after the other.
      return;
    }
    HttpConnection connection = routing.request().connection();
    Streams streams =
        connections.computeIfAbsent(
            connection,
            added -> {
              added.closeHandler(_ -> connections.remove(added));
              return new Streams();
            });
    if (streams.open < MAX) {
      streams.open++;
      routing.addEndHandler(_ -> streams.open--);
      routing.next();
    } else if (++streams.refused > MAX_REFUSED) {
      connection.close();
    } else {
      routing.response().reset(REFUSED_STREAM);
    }
  }
}
