// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import io.owlmesh.cli.option.Home;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.launcher.MeshRecord;
import io.owlmesh.launcher.Replicas;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Adds replicas to a mesh that is up, and takes some away. */
@Command(
    name = "scale",
    description = "Changes how many replicas a stage of this machine's mesh has.",
    footer = {
      "",
      "Waits until new ones serve, and until those that go have ended: they get no more work and",
      "end what they have. Stages are vision, abstractor and llm."
    })
public final class ScaleCommand implements Callable<Integer> {
  private final Home home;

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @Parameters(
      paramLabel = "STAGE=N",
      arity = "1..*",
      split = ",",
      description = "How many replicas a stage is to have, such as llm=4.")
  private Map<String, Integer> wanted = new LinkedHashMap<>();

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      description = "How long it may take (default: ${DEFAULT-VALUE}).")
  private int waitSeconds = 300;

  public ScaleCommand(Home home) {
    this.home = home;
  }

  @Override
  public Integer call() throws IOException, MeshException, InterruptedException {
    Replicas replicas = UpCommand.replicas(spec, wanted);
    MeshRecord mesh = home.run().requireRunning();
    new MeshScale(home.run(), spec.commandLine().getOut(), Duration.ofSeconds(waitSeconds))
        .scale(mesh, replicas);
    return 0;
  }
}
