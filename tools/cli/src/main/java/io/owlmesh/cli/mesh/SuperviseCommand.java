// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import io.owlmesh.cli.option.Home;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.launcher.MeshRecord;
import io.owlmesh.launcher.RestartPolicy;
import io.owlmesh.launcher.RunFolder;
import io.owlmesh.launcher.Supervisor;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** What {@code up --detach} leaves behind: watches the mesh until it is taken down. */
@Command(
    name = SuperviseCommand.NAME,
    hidden = true,
    description = "Watches the mesh that is up; started by ./owl up --detach.")
public final class SuperviseCommand implements Callable<Integer> {
  static final String NAME = "supervise";

  private final Home home;

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  public SuperviseCommand(Home home) {
    this.home = home;
  }

  @Override
  public Integer call() throws IOException, MeshException, InterruptedException {
    RunFolder run = home.run();
    MeshRecord mesh = run.recorded().orElseThrow(() -> new MeshException("No mesh is up."));
    PrintWriter out = spec.commandLine().getOut();
    ShutdownStop stop = new ShutdownStop(run, out);
    Supervisor supervisor =
        new Supervisor(
            run,
            run.plan(),
            mesh,
            Map.of(),
            RestartPolicy.DEFAULT,
            line -> {
              out.println(stamped(line));
              out.flush();
            });
    stop.watch(supervisor);
    try {
      supervisor.run();
    } finally {
      stop.release();
    }
    return 0;
  }

  static String stamped(String line) {
    return LocalDateTime.now(ZoneId.systemDefault()).truncatedTo(ChronoUnit.SECONDS) + " " + line;
  }
}
