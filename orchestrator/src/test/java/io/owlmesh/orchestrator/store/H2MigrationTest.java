// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

/** The embedded database. */
class H2MigrationTest extends MigrationContract {
  @Override
  String url() {
    return "jdbc:h2:file:" + folder.resolve("sessions");
  }

  @Override
  String user() {
    return "";
  }
}
