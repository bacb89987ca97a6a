// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.PfxOptions;
import io.vertx.core.spi.tracing.SpanKind;
import io.vertx.core.spi.tracing.TagExtractor;
import io.vertx.core.spi.tracing.VertxTracer;
import io.vertx.core.tracing.TracingPolicy;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Images of servers that behave, misbehave and lead elsewhere. */
@Timeout(60)
class RemoteImagesTest {
  private static final int MAX = 1000;

  private final Map<String, String> seen = new ConcurrentHashMap<>();
  private final CountDownLatch hungUp = new CountDownLatch(1);
  private Vertx vertx;
  private int port;

  private static boolean isFirst(InetAddress address) {
    return !address.getHostAddress().equals("127.0.0.2");
  }

  @BeforeEach
  void open() {
    vertx = Vertx.builder().withTracer(_ -> new Tracing()).build();
    port = listen(new HttpServerOptions(), "127.0.0.1");
  }

  private int listen(HttpServerOptions options, String host) {
    return vertx
        .createHttpServer(options.setTracingPolicy(TracingPolicy.IGNORE))
        .requestHandler(this::serve)
        .listen(0, host)
        .toCompletionStage()
        .toCompletableFuture()
        .join()
        .actualPort();
  }

  @AfterEach
  void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  /** Adds its header to every request whose sender does not forbid it, as the real one does. */
  private static final class Tracing implements VertxTracer<Object, Object> {
    @Override
    public <R> Object sendRequest(
        Context context,
        SpanKind kind,
        TracingPolicy policy,
        R request,
        String operation,
        BiConsumer<String, String> headers,
        TagExtractor<R> tags) {
      if (policy != TracingPolicy.IGNORE) {
        headers.accept("traceparent", "00-1-1-01");
      }
      return this;
    }
  }

  private void serve(HttpServerRequest request) {
    request.headers().forEach(header -> seen.put(header.getKey(), header.getValue()));
    String path = String.valueOf(request.path());
    switch (path) {
      case "/image" -> request.response().end("image of " + request.query());
      case "/large" -> request.response().end(Buffer.buffer(new byte[MAX + 1]));
      case "/largest" -> request.response().end(Buffer.buffer(new byte[MAX]));
      case "/endless" -> {
        request.response().setChunked(true).exceptionHandler(_ -> hungUp.countDown());
        pour(request);
      }
      case "/slow" -> {
        request.response().closeHandler(_ -> hungUp.countDown());
        request.response().setChunked(true).write("never more");
      }
      case "/silent" -> request.response().closeHandler(_ -> hungUp.countDown());
      case "/circle" ->
          request.response().setStatusCode(307).putHeader("Location", "/circle").end();
      case "/to" ->
          request
              .response()
              .setStatusCode(302)
              .putHeader("Location", String.valueOf(request.getParam("where")))
              .end();
      default -> request.response().setStatusCode(Integer.parseInt(path.substring(1))).end();
    }
  }

  private static void pour(HttpServerRequest request) {
    request.response().write("x".repeat(100)).onSuccess(_ -> pour(request));
  }

  private RemoteImages images(Predicate<InetAddress> reachable, Duration limit) {
    return new RemoteImages(
        vertx,
        new Origins(
            List.of(
                "http://127.0.0.1:" + port, "http://127.0.0.2:" + port, "http://nowhere.invalid")),
        reachable,
        MAX,
        limit);
  }

  private String fetch(String path) {
    return images(RemoteImagesTest::isFirst, Duration.ofSeconds(30))
        .fetch("url", "http://127.0.0.1:" + port + path)
        .toStringUtf8();
  }

  private static void assertGone(CountDownLatch latch) throws InterruptedException {
    assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void anAllowedServerIsAskedWithoutTracesOfOurs() {
    assertThat(fetch("/image?a=b%20c")).isEqualTo("image of a=b%20c");
    assertThat(seen)
        .containsEntry("Accept", "image/*")
        .containsEntry("host", "127.0.0.1:" + port)
        .doesNotContainKey("traceparent");
  }

  @Test
  void redirectsAreFollowedWhileTheyLeadToAllowedServers() {
    assertThat(fetch("/to?where=/to?where=image%253Fx")).isEqualTo("image of x");
  }

  @ParameterizedTest
  @CsvSource({
    "http://127.0.0.1:1/image,          images are not fetched from http://127.0.0.1:1",
    "http://localhost/image,            images are not fetched from http://localhost:80",
    "//evil.example/image,              images are not fetched from http://evil.example:80",
    "file:///etc/passwd,                neither a data: nor an http(s): URL",
    "http://u:p@127.0.0.1/image,        neither a data: nor an http(s): URL",
    "http://[,                          redirects to what is no URL",
  })
  void aRedirectElsewhereIsRefused(String where, String why) {
    assertThatThrownBy(() ->
            fetch(
                "/to?where="
                    + java.net.URLEncoder.encode(where, java.nio.charset.StandardCharsets.UTF_8)))
        .hasMessageStartingWith("url: ")
        .hasMessageContaining(why);
  }

  @Test
  void aRedirectToAnAddressNearbyIsRefusedAlsoWhereTheNameIsAllowed() {
    int second = listen(new HttpServerOptions(), "127.0.0.2");
    RemoteImages images =
        new RemoteImages(
            vertx,
            new Origins(List.of("http://127.0.0.1:" + port, "http://127.0.0.2:" + second)),
            RemoteImagesTest::isFirst,
            MAX,
            Duration.ofSeconds(30));

    assertThatThrownBy(() ->
            images.fetch(
                "url",
                "http://127.0.0.1:%d/to?where=http://127.0.0.2:%d/image".formatted(port, second)))
        .hasMessage("url: '127.0.0.2' is at an address that is not public");
  }

  @Test
  void redirectsInACircleEnd() {
    assertThatThrownBy(() -> fetch("/circle")).hasMessage("url: more than 3 redirects");
  }

  @Test
  void whatIsTooLargeIsRefusedWhetherAnnouncedOrNot() throws Exception {
    assertThat(fetch("/largest")).hasSize(MAX);
    assertThatThrownBy(() -> fetch("/large"))
        .hasMessage("url: the image exceeds the allowed 1000 bytes");
    assertThatThrownBy(() -> fetch("/endless"))
        .hasMessage("url: the image exceeds the allowed 1000 bytes");
    assertGone(hungUp);
  }

  @ParameterizedTest
  @CsvSource({"/slow", "/silent"})
  void aServerThatTakesTooLongIsLeftAlone(String path) throws Exception {
    RemoteImages images = images(RemoteImagesTest::isFirst, Duration.ofSeconds(2));

    assertThatThrownBy(() -> images.fetch("url", "http://127.0.0.1:" + port + path))
        .hasMessage("url: could not be fetched from '127.0.0.1' within 2000 ms");
    assertGone(hungUp);
  }

  @ParameterizedTest
  @CsvSource({"/404", "/500", "/204", "/304", "/302", "/401"})
  void aServerThatHasNoImageIsToldByItsStatus(String path) {
    assertThatThrownBy(() -> fetch(path))
        .hasMessage("url: the server answers with status " + path.substring(1));
  }

  @Test
  void aServerThatIsNotThereIsTold() {
    assertThatThrownBy(() ->
            images(RemoteImagesTest::isFirst, Duration.ofSeconds(30))
                .fetch("url", "http://nowhere.invalid/"))
        .hasMessage("url: there is no server 'nowhere.invalid'");
    assertThatThrownBy(() ->
            images(_ -> true, Duration.ofSeconds(30))
                .fetch("url", "http://127.0.0.2:" + port + "/image"))
        .hasMessage("url: could not be fetched from '127.0.0.2'");
  }

  @Test
  void nothingNearbyIsFetchedByDefault() {
    assertThatThrownBy(() ->
            images(PublicAddresses::contains, Duration.ofSeconds(30))
                .fetch("url", "http://127.0.0.1:" + port + "/image"))
        .hasMessageContaining("not public");
    assertThat(seen).isEmpty();
  }

  @Test
  void aCertificateThatNobodyVouchesForIsRefused(@TempDir Path folder) throws Exception {
    String store = folder.resolve("own.p12").toString();
    String keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
    String arguments =
        "-genkeypair -keyalg EC -alias own -dname CN=localhost -ext san=dns:localhost"
            + " -storetype PKCS12 -storepass secret -keystore";
    ProcessBuilder make = new ProcessBuilder(keytool);
    make.command().addAll(List.of(arguments.split(" ", -1)));
    make.command().add(store);
    assertThat(make.redirectErrorStream(true).inheritIO().start().waitFor()).isZero();
    int secure =
        listen(
            new HttpServerOptions()
                .setSsl(true)
                .setKeyCertOptions(new PfxOptions().setPath(store).setPassword("secret")),
            "127.0.0.1");
    String origin = "https://localhost:" + secure;
    RemoteImages images =
        new RemoteImages(
            vertx, new Origins(List.of(origin)), _ -> true, MAX, Duration.ofSeconds(30));

    assertThatThrownBy(() -> images.fetch("url", origin + "/image"))
        .hasMessage("url: could not be fetched from 'localhost'");
    assertThat(seen).isEmpty();
  }
}
