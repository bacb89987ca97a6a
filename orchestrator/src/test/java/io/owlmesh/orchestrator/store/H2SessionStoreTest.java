// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.core.identity.Tenant;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** The embedded database, in a file. */
class H2SessionStoreTest extends SessionStoreContract {
  @Override
  String url() {
    return "jdbc:h2:file:" + folder.resolve("sessions");
  }

  private boolean fileHas(String text) throws IOException {
    byte[] file = Files.readAllBytes(folder.resolve("sessions.mv.db"));
    return new String(file, StandardCharsets.ISO_8859_1).contains(text);
  }

  @Test
  void afterTheNextSweepTheFileHasNothingOfDeletedSessions() throws Exception {
    var kept = session("kept");
    begin(kept, "", "", "what stays");
    var gone = session("gone");
    for (int i = 0; i < 20; i++) {
      finish(begin(gone, "", "", "the secret question"), "the secret answer");
    }
    assertThat(fileHas("the secret answer")).isTrue();

    store().of(Tenant.DEFAULT).delete(gone.getId());
    store().sweep(Optional.empty(), Duration.ZERO);

    assertThat(fileHas("the secret answer")).isFalse();
    assertThat(fileHas("the secret question")).isFalse();
    assertThat(folder.resolve("sessions.trace.db")).doesNotExist();
    assertThat(store().of(Tenant.DEFAULT).messages(kept.getId()).getFirst().getText())
        .isEqualTo("what stays");
  }

  @Test
  void nobodyNoticesThatTheFileIsRewritten() {
    AtomicBoolean enough = new AtomicBoolean();
    List<CompletableFuture<Void>> busy = new ArrayList<>();
    for (int client = 0; client < 4; client++) {
      busy.add(
          CompletableFuture.runAsync(
              () -> {
                while (!enough.get()) {
                  var session = session("busy");
                  begin(session, "", "", "Which?");
                  assertThat(store().of(Tenant.DEFAULT).messages(session.getId())).hasSize(2);
                }
              },
              Thread::startVirtualThread));
    }

    for (int i = 0; i < 10; i++) {
      store().of(Tenant.DEFAULT).delete(session("gone").getId());
      store().sweep(Optional.empty(), Duration.ZERO);
    }

    enough.set(true);
    busy.forEach(client -> client.orTimeout(60, TimeUnit.SECONDS).join());
  }
}
