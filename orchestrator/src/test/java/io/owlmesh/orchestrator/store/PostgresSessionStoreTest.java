// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** A real PostgreSQL. */
class PostgresSessionStoreTest extends SessionStoreContract {
  private static final AtomicInteger DATABASES = new AtomicInteger();
  private static @Nullable PostgresServer server;

  private @Nullable String database;

  @BeforeAll
  static void start() throws Exception {
    Optional<Path> programs = PostgresServer.programs();
    assumeTrue(programs.isPresent(), "PostgreSQL is not installed (apt install postgresql)");
    server = new PostgresServer(programs.orElseThrow());
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  @Override
  String url() {
    PostgresServer running = server;
    if (running == null) {
      throw new IllegalStateException("not started");
    }
    if (database == null) {
      database = "test" + DATABASES.incrementAndGet();
      try {
        running.create(database);
      } catch (java.sql.SQLException e) {
        throw new IllegalStateException(e);
      }
    }
    return running.url(database);
  }

  @Override
  Optional<String> user() {
    return Optional.of(PostgresServer.USER);
  }
}
