// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.util.ArrayList;
import java.util.List;

/**
 * Ends a process together with this one, however this one ends. For processes that measure or test:
 * when those are killed, nothing of them must stay.
 */
public final class ChildGuard {
  /**
   * Waits until the pipe from this process breaks, which the system sees to when this process is
   * gone. What ends a terminal's processes must not end the guard before.
   */
  private static final String SCRIPT = "trap '' INT TERM HUP; read -r _; kill -KILL \"$0\"";

  private ChildGuard() {}

  /** Guards a process until it ends. */
  public static void over(ProcessHandle child) throws IOException {
    List<String> command = new ArrayList<>(ServiceCommand.ownSession());
    command.addAll(List.of("sh", "-c", SCRIPT, Long.toString(child.pid())));
    Process guard =
        new ProcessBuilder(command)
            .redirectOutput(Redirect.DISCARD)
            .redirectError(Redirect.DISCARD)
            .start();
    // Its number may be given to another process then.
    var _ = child.onExit().thenRun(guard::destroyForcibly);
  }
}
