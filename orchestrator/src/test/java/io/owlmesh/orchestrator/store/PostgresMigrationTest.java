// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** A real PostgreSQL. */
class PostgresMigrationTest extends MigrationContract {
  private static @Nullable PostgresServer server;
  private @Nullable String url;

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
  String url() throws Exception {
    if (url == null) {
      url = java.util.Objects.requireNonNull(server).createNext();
    }
    return url;
  }

  @Override
  String user() {
    return PostgresServer.USER;
  }
}
