// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

/** The embedded database, in a file. */
class H2SessionStoreTest extends SessionStoreContract {
  @Override
  String url() {
    return "jdbc:h2:file:" + folder.resolve("sessions");
  }
}
