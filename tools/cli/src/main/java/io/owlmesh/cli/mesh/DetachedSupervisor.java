// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import io.owlmesh.cli.option.ExitCode;
import io.owlmesh.cli.option.Home;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.launcher.MeshRecord;
import io.owlmesh.launcher.RestartPolicy;
import io.owlmesh.launcher.RunFolder;
import io.owlmesh.launcher.Supervisor;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.Map;

/**
 * What {@code up --detach} leaves behind: watches the mesh until it is taken down. No command of
 * its own, so that it loads nothing of the others: it lives as long as the mesh.
 */
final class DetachedSupervisor {
  private DetachedSupervisor() {}

  static void main(String[] arguments) throws InterruptedException {
    PrintWriter log = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    try {
      watch(Home.ofProcess().run(), log);
    } catch (IOException | MeshException failed) {
      log.println(stamped("The mesh is not watched: " + failed.getMessage()));
      System.exit(ExitCode.FAILED);
    }
  }

  private static void watch(RunFolder run, PrintWriter log)
      throws IOException, MeshException, InterruptedException {
    MeshRecord mesh = run.recorded().orElseThrow(() -> new MeshException("no mesh is up"));
    Supervisor supervisor =
        new Supervisor(
            run,
            run.plan(),
            mesh,
            Map.of(),
            RestartPolicy.DEFAULT,
            line -> log.println(stamped(line)));
    ShutdownStop stop = new ShutdownStop(run, log);
    stop.watch(supervisor);
    try {
      supervisor.run();
    } finally {
      stop.release();
    }
  }

  /** A line of its log. */
  static String stamped(String line) {
    return LocalDateTime.now(ZoneId.systemDefault()).truncatedTo(ChronoUnit.SECONDS) + " " + line;
  }
}
