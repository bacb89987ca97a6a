// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
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
}
