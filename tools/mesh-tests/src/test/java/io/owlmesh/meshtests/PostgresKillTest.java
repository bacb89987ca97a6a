// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import io.owlmesh.orchestrator.store.PostgresServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** Kills with a real PostgreSQL, which lives on. */
class PostgresKillTest extends KillContract {
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

  private static String url() {
    return Objects.requireNonNull(server).url("owl");
  }

  @Override
  Map<String, String> database() throws SQLException {
    Objects.requireNonNull(server).create("owl");
    return Map.of(
        "OWL_DATABASE", url(), "OWL_DATABASE_USER", PostgresServer.USER, "OWL_LEASE", "2S");
  }

  @Override
  Connection connect() throws SQLException {
    return DriverManager.getConnection(url(), PostgresServer.USER, "");
  }

  @Override
  int rounds() {
    return Integer.getInteger("owl.kill.postgres.rounds", 5);
  }
}
