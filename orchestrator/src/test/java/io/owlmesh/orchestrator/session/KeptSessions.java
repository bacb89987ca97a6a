// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.session;

import io.owlmesh.orchestrator.pipeline.FakeMesh;
import io.owlmesh.orchestrator.store.Backup;
import io.owlmesh.orchestrator.store.DiskImageStore;
import io.owlmesh.orchestrator.store.SessionStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Sessions in a folder, for the tests of doors. */
public final class KeptSessions implements AutoCloseable {
  /** Of no meaning where the database is not shared. */
  static final Duration LEASE = Duration.ofSeconds(5);

  private final SessionStore store;
  private final Sessions sessions;

  /** Sessions that a mesh answers. */
  public KeptSessions(Path folder, FakeMesh mesh) {
    store =
        SessionStore.open(
            "jdbc:h2:file:" + folder.resolve("sessions"),
            Optional.empty(),
            Optional.empty(),
            new DiskImageStore(folder.resolve("images")));
    sessions = new Sessions(store, mesh.gateway, mesh.answers, mesh.settings, LEASE);
  }

  public Sessions sessions() {
    return sessions;
  }

  public Backup backup() {
    return store.backup();
  }

  @Override
  public void close() {
    sessions.close();
    store.close();
  }
}
