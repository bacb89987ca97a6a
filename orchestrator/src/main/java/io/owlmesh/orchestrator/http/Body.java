// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.function.Consumer;

/** A request's body that is still arriving; everything happens on one thread of the network. */
final class Body {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Buffer content = Buffer.buffer();
  private final Consumer<Throwable> refuse;
  private boolean over;

  private Body(Consumer<Throwable> refuse) {
    this.refuse = refuse;
  }

  /** Reads to the end; one of the two is called, once. */
  static void read(
      RoutingContext routing, long limit, Consumer<Buffer> whole, Consumer<Throwable> refuse) {
    Body body = new Body(refuse);
    long timer =
        routing
            .vertx()
            .setTimer(
                PATIENCE.toMillis(),
                _ ->
                    body.end(
                        new HttpRefusal(
                            408,
                            "request_timeout",
                            "the body did not come within %d s".formatted(PATIENCE.toSeconds()))));
    routing.addEndHandler(_ -> routing.vertx().cancelTimer(timer));
    routing
        .request()
        .handler(piece -> {
          if (body.content.length() + (long) piece.length() > limit) {
            body.end(HttpRefusal.tooLarge(limit));
          } else if (!body.over) {
            body.content.appendBuffer(piece);
          }
        })
        .exceptionHandler(body::end)
        .endHandler(_ -> {
          routing.vertx().cancelTimer(timer);
          if (!body.over) {
            body.over = true;
            whole.accept(body.content);
          }
        });
  }

  private void end(Throwable failure) {
    if (!over) {
      over = true;
      refuse.accept(failure);
    }
  }
}
