// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;

/** Ends a server together with the process of the tests, also when that is killed. */
final class EndsWithTests {
  /** The pipe from the tests breaks when they are gone. The guard has a session of its own. */
  private static final String SCRIPT = "trap '' INT TERM HUP; read -r _; kill -KILL \"$0\"";

  private EndsWithTests() {}

  static Process guard(Process server) throws IOException {
    Process guard =
        new ProcessBuilder("setsid", "sh", "-c", SCRIPT, Long.toString(server.pid()))
            .redirectOutput(Redirect.DISCARD)
            .redirectError(Redirect.DISCARD)
            .start();
    var _ = server.onExit().thenRun(guard::destroyForcibly);
    return server;
  }
}
