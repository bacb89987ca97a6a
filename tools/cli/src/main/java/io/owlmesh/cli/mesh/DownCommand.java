// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import io.owlmesh.cli.option.Home;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.launcher.MeshRecord;
import io.owlmesh.launcher.MeshStopper;
import io.owlmesh.launcher.RunningService;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Stops what {@code up} started. */
@Command(name = "down", description = "Stops the services of this machine's mesh.")
public final class DownCommand implements Callable<Integer> {
  private final Home home;

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  public DownCommand(Home home) {
    this.home = home;
  }

  @Override
  public Integer call() throws IOException, MeshException, InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    Optional<MeshRecord> before = home.run().recorded();
    List<RunningService> alive = before.map(MeshRecord::alive).orElse(List.of());
    if (alive.isEmpty() && home.run().watching().isEmpty()) {
      out.println("No mesh is up.");
    }
    stopWatching();
    // Read again: a service may have been started in place of another meanwhile.
    Optional<MeshRecord> recorded = home.run().recorded();
    List<String> killed =
        recorded.isEmpty()
            ? List.of()
            : MeshStopper.stop(recorded.get().services(), ShutdownStop.GRACE);
    for (RunningService service : alive) {
      out.printf(
          "%s %s%n",
          service.name(),
          killed.contains(service.name()) ? "did not end in time and was killed" : "stopped");
    }
    if (recorded.isPresent()) {
      home.run().forget(recorded.get());
    }
    out.flush();
    return 0;
  }

  /** First, because it would start again what is stopped; when it ends, it stops the services. */
  private void stopWatching() throws IOException, MeshException, InterruptedException {
    Optional<RunningService> watching = home.run().watching();
    if (watching.isPresent()) {
      MeshStopper.stop(List.of(watching.get()), ShutdownStop.GRACE.multipliedBy(3));
    }
  }
}
