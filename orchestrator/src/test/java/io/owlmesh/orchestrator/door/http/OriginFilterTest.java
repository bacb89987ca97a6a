// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may come in, and by which name. */
@Timeout(60)
class OriginFilterTest {
  private static HttpDoor door;

  @BeforeAll
  static void open(@TempDir Path folder) throws Exception {
    door = new HttpDoor(folder, Map.of());
  }

  @AfterAll
  static void close() throws Exception {
    door.close();
  }

  private static String ask(String headers) throws Exception {
    return door.raw("GET /api/mesh HTTP/1.1\r\nConnection: close\r\n" + headers + "\r\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "localhost",
        "LOCALHOST:1234",
        "127.0.0.1",
        "192.0.2.7:9080",
        "[::1]:9080",
        "owl.example",
      })
  void whoCallsTheServerByItsNameOrAddressComesIn(String host) throws Exception {
    assertThat(ask("Host: " + host + "\r\n")).startsWith("HTTP/1.1 200");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"evil.example", "localhost.evil.example", "owl.example.evil.example:9080", ""})
  void whoWasLedHereByAnotherNameIsRefused(String host) throws Exception {
    assertThat(ask("Host: " + host + "\r\n"))
        .startsWith("HTTP/1.1 403")
        .contains("\"code\":\"forbidden\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Host: localhost\r\nHost: evil.example\r\n",
        "Host: localhost\r\nhost: localhost\r\n",
      })
  void aRequestHasOneHost(String headers) throws Exception {
    assertThat(ask(headers))
        .startsWith("HTTP/1.1 400")
        .contains("a request has the headers Host and Origin once", "\"code\":\"invalid_url\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://evil.example",
        "http://localhost@evil.example",
        "http://evil.example@localhost:9080",
        "http://localhost:9081",
        "ftp://localhost:9080",
      })
  void aUrlOfAnotherServerThanTheHostIsRefused(String server) throws Exception {
    String headers = " HTTP/1.1\r\nHost: localhost:9080\r\nConnection: close\r\n\r\n";

    assertThat(door.raw("GET " + server + "/api/mesh" + headers))
        .startsWith("HTTP/1.1 400")
        .contains("\"code\":\"invalid_url\"");
    assertThat(door.raw("GET HTTP://LOCALHOST:9080/api/mesh" + headers)).startsWith("HTTP/1.1 200");
  }

  @Test
  void aRequestHasOneOrigin() throws Exception {
    assertThat(
            ask("Host: localhost\r\nOrigin: http://localhost\r\nOrigin: http://evil.example\r\n"))
        .startsWith("HTTP/1.1 400");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://evil.example",
        "http://localhost:9081",
        "http://localhost",
        "null",
        "http://[",
        "file://",
      })
  void pagesOfOthersAreRefused(String origin) throws Exception {
    assertThat(ask("Host: localhost:9080\r\nOrigin: " + origin + "\r\n"))
        .startsWith("HTTP/1.1 403")
        .contains("pages of other servers");
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://localhost:9080", "https://LOCALHOST:9080"})
  void theServersOwnPageComesIn(String origin) throws Exception {
    assertThat(ask("Host: localhost:9080\r\nOrigin: " + origin + "\r\n"))
        .startsWith("HTTP/1.1 200");
  }

  @Test
  void aPageThatTheOperatorNamesMayAsk() throws Exception {
    String origin = "Host: localhost:9080\r\nOrigin: https://app.example\r\n";

    assertThat(ask(origin))
        .startsWith("HTTP/1.1 200")
        .containsIgnoringCase("access-control-allow-origin: https://app.example")
        .containsIgnoringCase("vary: origin");
    String before =
        String.join(
            "\r\n",
            "OPTIONS /api/sessions HTTP/1.1",
            "Connection: close",
            "Host: localhost:9080",
            "Origin: https://app.example",
            "Access-Control-Request-Method: POST",
            "Access-Control-Request-Headers: content-type",
            "",
            "");
    assertThat(door.raw(before))
        .startsWith("HTTP/1.1 204")
        .containsIgnoringCase("access-control-allow-methods: GET, HEAD, POST")
        .containsIgnoringCase("access-control-allow-headers: content-type");
  }

  @Test
  void theNameThatATrustedProxyPassesOnIsBelieved() throws Exception {
    String forwarded = "Host: backend:9080\r\nX-Forwarded-Host: owl.example\r\n";
    assertThat(ask(forwarded + "Origin: https://owl.example\r\n")).startsWith("HTTP/1.1 200");
    assertThat(ask("Host: localhost\r\nX-Forwarded-Host: evil.example\r\n"))
        .startsWith("HTTP/1.1 403");
  }

  private record Listening(String host, Optional<List<String>> httpHosts) implements HttpConfig {
    @Override
    public Optional<List<String>> httpOrigins() {
      return Optional.empty();
    }

    @Override
    public Optional<List<String>> httpProxies() {
      return Optional.empty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0", "::", "192.0.2.7", "owl.example", "127.evil.example", "::2"})
  void whoListensBeyondLoopbackMustSayByWhichNames(String host) {
    assertThatThrownBy(
            () -> new OriginFilter(new Listening(host, Optional.empty()), door.mesh.answers))
        .hasMessageContaining("OWL_HTTP_HOSTS")
        .hasMessageContaining(host);
    assertThatCode(() ->
            new OriginFilter(
                new Listening(host, Optional.of(List.of("owl.example"))), door.mesh.answers))
        .doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "127.3.2.1", "localhost", "::1", "[::1]", "0:0:0:0:0:0:0:1"})
  void whoListensOnLoopbackNeedsNoNames(String host) {
    assertThatCode(() -> new OriginFilter(new Listening(host, Optional.empty()), door.mesh.answers))
        .doesNotThrowAnyException();
  }
}
