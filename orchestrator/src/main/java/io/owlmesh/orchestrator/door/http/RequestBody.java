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
import java.util.function.LongSupplier;

/** A request's body that is still arriving; everything happens on one thread of the network. */
final class RequestBody {
  private static final Duration LINGER = Duration.ofSeconds(5);
  private static final int SLOWEST = 256 << 10;

  /** Bytes a second that must come, over each {@code patience}. */
  private static final int LEAST_RATE = 4 << 10;

  private final Intake intake;
  private final long limit;
  private final LongConsumer room;
  private final Consumer<Throwable> refuse;
  private long size;
  private boolean over;

  /**
   * A body of which nothing has come.
   *
   * @param intake takes its bytes
   * @param limit bytes
   * @param room told the memory that it takes so far; may refuse
   * @param refuse told why it cannot be had, instead of it
   */
  RequestBody(Intake intake, long limit, LongConsumer room, Consumer<Throwable> refuse) {
    this.intake = intake;
    this.limit = limit;
    this.room = room;
    this.refuse = refuse;
  }

  /**
   * Reads to the end.
   *
   * @param patience how long less than the least rate may come
   */
  void read(RoutingContext routing, Duration patience, Runnable whole) {
    watch(routing, patience, limit, () -> size, this::refuse);
    routing
        .request()
        .handler(this::take)
        .exceptionHandler(
            e -> refuse(new OwlException(Fault.CANCELLED, "", "the caller went away", e)))
        .endHandler(_ -> {
          if (!over) {
            over = true;
            whole.run();
          }
        });
    welcome(routing.request());
  }

  /**
   * Calls if a body does not come: less than the least rate for some time, or all in all more than
   * its limit takes on a slow line.
   *
   * @param size bytes so far
   */
  static void watch(
      RoutingContext routing,
      Duration patience,
      long limit,
      LongSupplier size,
      Consumer<Throwable> late) {
    Duration longest = patience.multipliedBy(2).plusSeconds(limit / SLOWEST);
    long end = System.nanoTime() + longest.toNanos();
    long least = Math.max(1, LEAST_RATE * patience.toMillis() / 1000);
    long[] seen = {0};
    long timer =
        routing
            .vertx()
            .setPeriodic(
                patience.toMillis(),
                _ -> {
                  boolean slow = size.getAsLong() - seen[0] < least || System.nanoTime() > end;
                  seen[0] = size.getAsLong();
                  if (slow && !routing.request().isEnded()) {
                    late.accept(
                        new HttpRefusal(
                            408,
                            "request_timeout",
                            "the body came slower than %d bytes in %s".formatted(least, patience)));
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
      size += piece.length();
      if (size > limit) {
        throw HttpRefusal.tooLarge(limit);
      }
      intake.take(piece);
      room.accept(intake.memory());
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
