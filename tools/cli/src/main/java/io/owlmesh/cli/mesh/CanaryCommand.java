// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import io.owlmesh.cli.option.Home;
import io.owlmesh.cli.option.MeshFlag;
import io.owlmesh.client.AnswerFailed;
import io.owlmesh.client.MeshClient;
import io.owlmesh.launcher.MeshException;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Gives other weights a share of the work. */
@Command(
    name = "canary",
    description = "Sets which share of new work weights get that differ from those in use.",
    footer = {"", "At 100 the other weights become those in use; at 0 they get nothing."})
public final class CanaryCommand implements Callable<Integer> {
  private final Home home;

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @Parameters(paramLabel = "PERCENT", description = "0 to 100.")
  private int percent;

  @Mixin private MeshFlag mesh = new MeshFlag();

  public CanaryCommand(Home home) {
    this.home = home;
  }

  @Override
  public Integer call() throws IOException, MeshException, AnswerFailed {
    if (percent < 0 || percent > 100) {
      throw new ParameterException(
          spec.commandLine(), "PERCENT must be 0 to 100, not %d.".formatted(percent));
    }
    try (MeshClient client = new MeshClient(mesh.address(home))) {
      client.setCanary(percent);
    }
    spec.commandLine().getOut().printf("Other weights get %d %% of new work%n", percent);
    spec.commandLine().getOut().flush();
    return 0;
  }
}
