// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** From H2 to a real PostgreSQL. */
class PostgresBackupTest extends BackupContract {
  private static @Nullable PostgresServer server;

  @BeforeAll
  static void start() throws Exception {
    server = PostgresServer.startIfInstalled();
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  @Override
  SessionStore fresh(ImageStore images) throws Exception {
    return SessionStore.open(
        Objects.requireNonNull(server).createNext(),
        Optional.of(PostgresServer.USER),
        Optional.empty(),
        images);
  }
}
