// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which servers may be asked for images. */
class OriginsTest {
  private final Origins origins =
      new Origins(
          List.of(
              "https://images.example.org",
              "http://LOCAL.example:8080",
              "https://*.cdn.example",
              "https://[2001:db8::1]"));

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://images.example.org/a.png",
        "https://images.example.org:443/a.png?size=1#x",
        "HTTPS://Images.Example.ORG",
        "http://local.example:8080/",
        "https://a.cdn.example/",
        "https://a.b.cdn.example/",
        "https://[2001:db8::1]/a.png",
      })
  void whatTheOperatorAllowsIsAllowed(String address) {
    assertThat(origins.require("url", address)).hasToString(address);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://images.example.org/a.png",
        "https://images.example.org:8443/",
        "https://images.example.org:0/",
        "https://images.example.org./",
        "https://evil.example/images.example.org",
        "https://images.example.org.evil.example/",
        "https://evilimages.example.org/",
        "https://cdn.example/",
        "https://evilcdn.example/",
        "http://local.example/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://[::1]/",
      })
  void everythingElseIsNotFetchedAndTheOperatorsSettingNamed(String address) {
    assertThatThrownBy(() -> origins.require("url", address))
        .hasMessageStartingWith("url: images are not fetched from ")
        .hasMessageContaining("OWL_IMAGE_ORIGINS");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://images.example.org@evil.example/",
        "https://user:secret@images.example.org/",
        "https://@images.example.org/",
        "https://images.example.org\\@evil.example/",
        "https://images.example.org%2eevil.example/",
        "https://b\u00fccher.cdn.example/",
        "https://images\u3002example\u3002org/",
        "https://a_b.cdn.example/",
        "https:images.example.org",
        "https:///a.png",
        "//images.example.org/a.png",
        "https://.cdn.example/",
        "ftp://images.example.org/a.png",
        "file:///etc/passwd",
        "javascript:alert(1)",
        " https://images.example.org/",
        "https://images.example.org:port/",
        "https://images.example.org:-1/",
        "https://images.example.org/a\r\nHost: evil.example",
        "",
      })
  void whatIsNoPlainAddressOfAServerIsRefused(String address) {
    assertThatThrownBy(() -> origins.require("url", address))
        .hasMessageMatching("url: is (no URL|neither a data: nor an http\\(s\\): URL of a server)");
  }

  @Test
  void nothingIsAllowedWithoutASetting() {
    assertThatThrownBy(() -> new Origins(List.of()).require("url", "https://images.example.org/"))
        .hasMessageContaining("OWL_IMAGE_ORIGINS");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "images.example.org",
        "https://*",
        "https://*.*.example",
        "https://images.example.org/only/here",
        "https://images.example.org?x",
        "https://user@images.example.org",
        "ftp://images.example.org",
        "",
      })
  void aSettingThatCannotMeanWhatItSaysIsRefused(String origin) {
    assertThatThrownBy(() -> new Origins(List.of(origin)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
