// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Map;

/** Kills with the embedded database. */
class KillTest extends KillContract {
  @Override
  Map<String, String> database() {
    return Map.of();
  }

  @Override
  Connection connect() throws SQLException {
    return DriverManager.getConnection("jdbc:h2:file:" + folder.resolve("data/sessions"));
  }

  @Override
  int rounds() {
    return Integer.getInteger("owl.kill.rounds", 8);
  }
}
