// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.core.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.core.OwlException;
import io.owlmesh.core.identity.ApiKey.Secret;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeyFileTest {
  private static final Instant NOW = Instant.parse("2026-11-27T10:00:00Z");

  @TempDir Path folder;

  private KeyFile file() {
    return new KeyFile(folder.resolve("data/keys"));
  }

  private static ApiKey key(Secret secret, Optional<Instant> expires) {
    return ApiKey.of(secret, Role.OPERATOR, "zoo", NOW, expires, "the laptop of Ann");
  }

  @Test
  void whatIsKeptIsReadAgainAndHoldsNoSecret() throws Exception {
    Secret secret = Secret.random();
    ApiKey key = key(secret, Optional.of(NOW.plusSeconds(60)));

    file().add(key);

    assertThat(file().read().map(KeyFile.Contents::keys)).contains(List.of(key));
    assertThat(Files.readString(file().path())).doesNotContain(secret.secret());
    assertThat(Files.getPosixFilePermissions(file().path())).hasSize(2);
  }

  @Test
  void aKeyIsKnownByItsWholeSecretAlone() {
    Secret secret = Secret.random();
    ApiKey key = key(secret, Optional.empty());
    Secret sent = Secret.of(secret.credential()).orElseThrow();

    assertThat(key.matches(sent)).isTrue();
    assertThat(key.matches(new Secret(secret.id(), Secret.random().secret()))).isFalse();
    assertThat(Secret.of(secret.credential() + "x")).isEmpty();
    assertThat(Secret.of("sk-" + secret.secret())).isEmpty();
    assertThat(secret).hasToString(key.prefix());
  }

  @Test
  void aKeyEndsWhenItExpires() {
    ApiKey key = key(Secret.random(), Optional.of(NOW));

    assertThat(key.isExpired(NOW.minusMillis(1))).isFalse();
    assertThat(key.isExpired(NOW)).isTrue();
    assertThat(key(Secret.random(), Optional.empty()).isExpired(Instant.MAX)).isFalse();
  }

  @Test
  void aFileWhoseLastKeyIsRevokedStays() throws Exception {
    ApiKey key = key(Secret.random(), Optional.empty());
    assertThat(file().read()).isEmpty();
    file().add(key);

    assertThat(file().revoke("aaaaaaaa")).isFalse();
    assertThat(file().revoke(key.id())).isTrue();

    assertThat(file().read().map(KeyFile.Contents::keys)).contains(List.of());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "short",
        "abcdefgh 00 user zoo 2026-11-27T10:00:00Z - name",
        "abcdefgh %s king zoo 2026-11-27T10:00:00Z - name",
        "abcdefgh %s user ../zoo 2026-11-27T10:00:00Z - name",
        "abcdefgh %s user zoo yesterday - name",
      })
  void aMalformedLineIsNamed(String line) throws Exception {
    Path path = folder.resolve("keys");
    Files.writeString(path, "# keys\n\n" + line.formatted("0".repeat(64)) + "\n");

    assertThatThrownBy(() -> new KeyFile(path).read())
        .isInstanceOf(OwlException.class)
        .hasMessageContaining(path + ":3");
  }
}
