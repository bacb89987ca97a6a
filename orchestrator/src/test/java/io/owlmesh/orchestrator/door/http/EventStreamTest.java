// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.core.OwlException;
import io.vertx.ext.web.RoutingContext;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Streams of events to callers who read, do not read, and go away. */
@Timeout(60)
class EventStreamTest {
  private static final String EVENT = "x".repeat(10_000);

  @TempDir Path folder;
  private HttpDoor door;
  private volatile Consumer<EventStream> source = EventStream::end;

  @BeforeEach
  void open() throws Exception {
    door = new HttpDoor(folder, Map.of()).with(router -> router.get("/events").handler(this::tell));
  }

  @AfterEach
  void close() throws Exception {
    door.close();
  }

  private void tell(RoutingContext routing) {
    Exchange exchange = new Exchange(routing, door.mesh.answers);
    exchange.work(() -> source.accept(exchange.events("event: error\n")));
  }

  /** Tells events for ever, each when the caller keeps up. */
  private static final class Endless implements Consumer<EventStream> {
    private final AtomicInteger sent = new AtomicInteger();
    private final CountDownLatch gone = new CountDownLatch(1);

    @Override
    public void accept(EventStream events) {
      events.whenGone(gone::countDown);
      next(events);
    }

    private void next(EventStream events) {
      Thread.startVirtualThread(() -> {
        events.send(EVENT);
        sent.incrementAndGet();
        events.whenReady(() -> next(events));
      });
    }
  }

  @Test
  void eventsAreLinesOfTheirOwnAndNeverCompressed() throws Exception {
    source =
        events -> {
          events.send("one");
          events.send("two");
          events.end();
        };

    HttpResponse<String> all =
        door.send(door.request("/events").header("Accept-Encoding", "gzip, deflate"));

    assertThat(all.body()).isEqualTo("data: one\n\ndata: two\n\n");
    assertThat(all.headers().firstValue("Content-Type"))
        .contains("text/event-stream; charset=utf-8");
    assertThat(all.headers().firstValue("Content-Encoding").orElse("identity"))
        .isEqualTo("identity");
    assertThat(all.headers().firstValue("X-Request-Id")).isPresent();
  }

  @Test
  void aFailureBeforeTheFirstEventIsAStatusAndLaterAnEvent() throws Exception {
    source = events -> events.fail(OwlException.badInput("a", "wrong"));
    assertThat(door.get("/events").statusCode()).isEqualTo(400);

    source =
        events -> {
          events.send("one");
          events.fail(OwlException.badInput("a", "wrong"));
          events.send("two");
          events.end();
        };
    assertThat(door.get("/events").body())
        .isEqualTo(
            """
            data: one

            event: error
            data: {"error":{"message":"a: wrong","type":"invalid_request_error","param":"a",\
            "code":"invalid_value"}}

            """);
  }

  @Test
  void aReaderWhoDoesNotReadStopsTheSourceUntilHeReads() throws Exception {
    Endless endless = new Endless();
    source = endless;
    try (InputStream in = door.open(door.request("/events")).body()) {
      int before;
      do { // What fills between the two ends.
        before = endless.sent.get();
        TimeUnit.MILLISECONDS.sleep(300);
      } while (endless.sent.get() > before || before == 0);

      assertThat(in.readNBytes(before * EVENT.length())).isNotEmpty();
      while (endless.sent.get() == before) {
        TimeUnit.MILLISECONDS.sleep(10);
      }
    }
    assertThat(endless.gone.await(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void whoIsGoneBeforeAnybodyAsksIsGone() throws Exception {
    CountDownLatch closed = new CountDownLatch(1);
    CountDownLatch gone = new CountDownLatch(1);
    source =
        events -> {
          events.send("one");
          await(closed);
          events.whenReady(() -> {});
          events.send("two");
          events.whenGone(gone::countDown);
        };
    door.open(door.request("/events")).body().close();
    closed.countDown();

    assertThat(gone.await(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void nobodyIsGoneWhoHeardTheEnd() throws Exception {
    CountDownLatch gone = new CountDownLatch(1);
    CountDownLatch asked = new CountDownLatch(1);
    source =
        events -> {
          events.whenGone(gone::countDown);
          events.end();
          events.whenGone(gone::countDown);
          events.whenReady(gone::countDown);
          events.end();
          events.fail(new IllegalStateException());
          asked.countDown();
        };

    assertThat(door.get("/events").statusCode()).isEqualTo(200);
    await(asked);
    assertThat(gone.getCount()).isEqualTo(1);
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
