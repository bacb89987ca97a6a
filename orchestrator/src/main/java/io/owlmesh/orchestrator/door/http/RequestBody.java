// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.http;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/** A request's body that is still arriving; everything happens on one thread of the network. */
final class RequestBody {
  private static final Duration LINGER = Duration.ofSeconds(5);
  private static final int SLOWEST = 256 << 10;

  private final Buffer content = Buffer.buffer();
  private final long limit;
  private final LongConsumer room;
  private final Consumer<Throwable> refuse;
  private boolean over;

  /**
   * A body of which nothing has come.
   *
   * @param limit bytes
   * @param room told the size that the body is about to have; may refuse
   * @param refuse told why it cannot be had, instead of it
   */
  RequestBody(long limit, LongConsumer room, Consumer<Throwable> refuse) {
    this.limit = limit;
    this.room = room;
    this.refuse = refuse;
  }

  /** Reads to the end. */
  void read(RoutingContext routing, Duration patience, Consumer<Buffer> whole) {
    watch(routing, patience, this::refuse);
    routing
        .request()
        .handler(this::take)
        .exceptionHandler(
            e -> refuse(new OwlException(Fault.CANCELLED, "", "the caller went away", e)))
        .endHandler(_ -> {
          if (!over) {
            over = true;
            whole.accept(content);
          }
        });
    welcome(routing.request());
  }

  /** How long a body may take: some time, and what its size takes on a slow line. */
  static Duration patience(long bytes) {
    return Duration.ofSeconds(60 + bytes / SLOWEST);
  }

  /** Calls if the body has not come in time. */
  static void watch(RoutingContext routing, Duration patience, Consumer<Throwable> late) {
    HttpRefusal refusal =
        new HttpRefusal(
            408, "request_timeout", "the body did not come within %s".formatted(patience));
    long timer =
        routing
            .vertx()
            .setTimer(
                patience.toMillis(),
                _ -> {
                  if (!routing.request().isEnded()) {
                    late.accept(refusal);
                  }
                });
    routing.addEndHandler(_ -> routing.vertx().cancelTimer(timer));
  }

  /** Whoever asks before sending a body is told that it is welcome. */
  static void welcome(HttpServerRequest request) {
    if ("100-continue".equalsIgnoreCase(request.getHeader("Expect"))) {
      request.response().writeContinue();
    }
  }

  private void take(Buffer piece) {
    if (over) {
      return;
    }
    try {
      long size = content.length() + (long) piece.length();
      if (size > limit) {
        throw HttpRefusal.tooLarge(limit);
      }
      room.accept(size);
      content.appendBuffer(piece);
    } catch (RuntimeException e) {
      refuse(e);
    }
  }

  private void refuse(Throwable failure) {
    if (!over) {
      over = true;
      refuse.accept(failure);
    }
  }

  /** Whether there is more of a body than has come. */
  static boolean isUnread(HttpServerRequest request) {
    String length = request.getHeader("Content-Length");
    boolean any =
        length == null
            ? request.getHeader("Transfer-Encoding") != null
                || request.version() == HttpVersion.HTTP_2
            : !length.equals("0");
    return any && !request.isEnded();
  }

  /**
   * Throws away what comes of a body that was refused, for a while, and then hangs up: who is cut
   * off in the middle of sending never gets to read why.
   */
  static void drop(RoutingContext routing) {
    HttpServerRequest request = routing.request();
    Runnable hangUp =
        () -> {
          if (request.version() == HttpVersion.HTTP_2) {
            request.response().reset();
          } else {
            request.connection().close();
          }
        };
    long timer = routing.vertx().setTimer(LINGER.toMillis(), _ -> hangUp.run());
    try {
      request
          .handler(_ -> {})
          .exceptionHandler(_ -> routing.vertx().cancelTimer(timer))
          .endHandler(_ -> {
            routing.vertx().cancelTimer(timer);
            if (request.version() != HttpVersion.HTTP_2) {
              hangUp.run();
            }
          });
      request.resume();
    } catch (IllegalStateException e) {
      routing.vertx().cancelTimer(timer); // The rest came on the network's thread meanwhile.
    }
  }
}
