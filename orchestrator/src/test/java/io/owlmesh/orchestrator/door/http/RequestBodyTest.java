// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.core.OwlException;
import io.vertx.ext.web.RoutingContext;
import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies that are too large, too slow, too many, or not what they say. */
@Timeout(60)
class RequestBodyTest {
  private static final int LIMIT = 100_000;
  private static final long ALL = 450_000;
  private static final String TURN_AROUND = "GET /api/mesh HTTP/1.1\r\nHost: localhost\r\n\r\n";
  private static HttpDoor door;

  @BeforeAll
  static void open(@TempDir Path folder) throws Exception {
    door =
        new HttpDoor(folder, Map.of("owl.max-upload-bytes", "" + ALL))
            .with(router -> {
              router.post("/test").handler(RequestBodyTest::count);
              router.post("/json").handler(RequestBodyTest::countJson);
              router.post("/slow").handler(RequestBodyTest::slow);
            });
  }

  @AfterAll
  static void close() throws Exception {
    door.close();
  }

  private static void count(RoutingContext routing) {
    Exchange exchange = new Exchange(routing, door.mesh.answers);
    exchange.body(LIMIT, 3, body -> exchange.reply("" + body.length()));
  }

  private static void countJson(RoutingContext routing) {
    Exchange exchange = new Exchange(routing, door.mesh.answers);
    exchange.json(LIMIT, 1, body -> exchange.reply("" + body.length()));
  }

  private static void slow(RoutingContext routing) {
    Exchange exchange = new Exchange(routing, door.mesh.answers);
    Intake.Bytes bytes = new Intake.Bytes(1);
    new RequestBody(bytes, LIMIT, _ -> {}, exchange::fail)
        .read(routing, Duration.ofMillis(100), () -> exchange.reply("" + bytes.content().length()));
  }

  private static HttpResponse<String> post(String path, int bytes, boolean announced)
      throws Exception {
    byte[] body = new byte[bytes];
    return door.send(
        door.request(path)
            .POST(
                announced
                    ? BodyPublishers.ofByteArray(body)
                    : BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body))));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aBodyOfTheLimitIsReadAndOneByteMoreRefused(boolean announced) throws Exception {
    assertThat(post("/test", LIMIT, announced).body()).isEqualTo("" + LIMIT);

    HttpResponse<String> refused = post("/test", LIMIT + 1, announced);

    assertThat(refused.statusCode()).isEqualTo(413);
    assertThat(refused.body())
        .isEqualTo(
            "{\"error\":{\"message\":\"the body exceeds 100000 bytes\",\"type\":"
                + "\"invalid_request_error\",\"param\":null,\"code\":\"request_too_large\"}}");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whoSendsFarTooMuchStillGetsToReadWhyNot(boolean announced) throws Exception {
    assertThat(post("/test", 20_000_000, announced).statusCode()).isEqualTo(413);
  }

  @Test
  void theConnectionOfARefusedBodyIsClosedOnceTheRestHasCome() throws Exception {
    String body = "x".repeat(LIMIT + 1);
    String head = "POST /test HTTP/1.1\r\nHost: localhost\r\nContent-Length: ";

    assertThat(door.raw(head + body.length() + "\r\n\r\n" + body + TURN_AROUND))
        .startsWith("HTTP/1.1 413")
        .containsIgnoringCase("connection: close")
        .doesNotContain("200 OK");
  }

  @Test
  void requestsOneAfterTheOtherOnOneConnectionAreAnsweredInOrderAlsoAfterAMistake()
      throws Exception {
    String wrong =
        """
        POST /json HTTP/1.1\r
        Host: localhost\r
        Content-Type: text/plain\r
        Content-Length: 0\r
        \r
        """;
    String last = TURN_AROUND.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");

    assertThat(door.raw(TURN_AROUND + wrong + last).split("HTTP/1.1 ", -1))
        .satisfiesExactly(
            before -> assertThat(before).isEmpty(),
            first -> assertThat(first).startsWith("200"),
            second -> assertThat(second).startsWith("415"),
            third -> assertThat(third).startsWith("200"));
  }

  @Test
  void aBodyThatDoesNotComeInTimeIsRefused() throws Exception {
    assertThat(
            door.raw("POST /slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nbegin"))
        .startsWith("HTTP/1.1 408")
        .contains("the body came slower than 409 bytes in PT0.1S");
  }

  @Test
  void whoAsksBeforeSendingIsToldToSend() throws Exception {
    try (Socket socket = door.connect()) {
      OutputStream out = socket.getOutputStream();
      String head =
          """
          POST /test HTTP/1.1\r
          Host: localhost\r
          Content-Length: 2\r
          Connection: close\r
          Expect: 100-continue\r
          \r
          """;
      out.write(head.getBytes(StandardCharsets.US_ASCII));
      byte[] answer = socket.getInputStream().readNBytes("HTTP/1.1 100".length());
      assertThat(answer).asString().isEqualTo("HTTP/1.1 100");
      out.write("ab".getBytes(StandardCharsets.US_ASCII));
      assertThat(HttpDoor.rest(socket)).contains("200 OK").endsWith("2");
    }
  }

  private static boolean isRoomFor(long bytes) {
    try {
      door.mesh.answers.hold(bytes).run();
      return true;
    } catch (OwlException e) {
      return false;
    }
  }

  @Test
  void bodiesOfAllTogetherAreLimitedAndRoomComesBack() throws Exception {
    await(() -> isRoomFor(ALL)); // What others took is on its way back.
    String head = "POST /test HTTP/1.1\r\nHost: localhost\r\nContent-Length: ";
    try (Socket first = door.connect()) {
      first
          .getOutputStream()
          .write((head + LIMIT + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
      first.getOutputStream().write(new byte[LIMIT - 1]);
      await(() -> !isRoomFor(ALL));

      HttpResponse<String> second = post("/test", LIMIT, true);

      assertThat(second.statusCode()).isEqualTo(429);
      assertThat(second.headers().firstValue("Retry-After")).contains("1");
      assertThat(post("/test", 100, true).statusCode()).isEqualTo(200);
    }
    await(() -> isRoomFor(ALL));
    assertThat(post("/test", LIMIT, false).statusCode()).isEqualTo(200);
  }

  private static void await(BooleanSupplier something) throws InterruptedException {
    while (!something.getAsBoolean()) {
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"text/plain", "application/x-www-form-urlencoded", "application/jsonl"})
  void aBodyThatIsNotJsonIsRefused(String type) throws Exception {
    HttpResponse<String> refused =
        door.send(
            door.request("/json").header("Content-Type", type).POST(BodyPublishers.ofString("{}")));

    assertThat(refused.statusCode()).isEqualTo(415);
    assertThat(refused.body()).contains("the body must be application/json, it is " + type);
  }

  @Test
  void aBodyWithoutATypeIsRefused() throws Exception {
    assertThat(post("/json", 2, true).statusCode()).isEqualTo(415);
  }

  @Test
  void whatIsOnlyAnnouncedTakesNoRoom() throws Exception {
    await(() -> isRoomFor(ALL));
    String head = "POST /test HTTP/1.1\r\nHost: localhost\r\nContent-Length: ";
    List<Socket> silent = new ArrayList<>();
    try {
      for (int i = 0; i < 20; i++) {
        Socket socket = door.connect();
        silent.add(socket);
        socket
            .getOutputStream()
            .write((head + LIMIT + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
      }
      assertThat(post("/test", LIMIT, true).body()).isEqualTo("" + LIMIT);
    } finally {
      for (Socket socket : silent) {
        socket.close();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "br", "deflate"})
  void aCompressedBodyIsRefused(String encoding) throws Exception {
    HttpResponse<String> refused =
        door.send(door.json("/json", "{}").header("Content-Encoding", encoding));

    assertThat(refused.statusCode()).isEqualTo(415);
    assertThat(refused.body()).contains("Content-Encoding").contains(encoding);
  }
}
