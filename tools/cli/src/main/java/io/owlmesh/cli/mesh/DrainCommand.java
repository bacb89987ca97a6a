// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import io.owlmesh.cli.option.Home;
import io.owlmesh.cli.option.MeshFlag;
import io.owlmesh.client.AnswerFailed;
import io.owlmesh.client.MeshClient;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.proto.mesh.v1.Stage;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Takes a replica out of rotation, and back. */
@Command(
    name = "drain",
    description = "Sends no more work to a replica; what it has goes on.",
    sortOptions = false,
    footer = {"", "./owl status lists the replicas with their addresses."})
public final class DrainCommand implements Callable<Integer> {
  private final Home home;

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @SuppressWarnings("NullAway.Init")
  @Parameters(
      index = "0",
      paramLabel = "STAGE",
      converter = StageArgument.class,
      description = "vision, abstractor or llm.")
  private Stage stage;

  @SuppressWarnings("NullAway.Init")
  @Parameters(index = "1", paramLabel = "REPLICA", description = "Its address.")
  private String replica;

  @Option(names = "--force", description = "Even if it is the last one of its stage.")
  private boolean force;

  @Option(names = "--resume", description = "Sends work to it again.")
  private boolean resume;

  @Mixin private MeshFlag mesh = new MeshFlag();

  public DrainCommand(Home home) {
    this.home = home;
  }

  @Override
  public Integer call() throws IOException, MeshException, AnswerFailed {
    PrintWriter out = spec.commandLine().getOut();
    try (MeshClient client = new MeshClient(mesh.address(home))) {
      if (resume) {
        client.resume(stage, replica);
        out.printf("%s %s takes work again%n", StageArgument.name(stage), replica);
      } else {
        client.drain(stage, replica, force);
        out.printf("%s %s gets no more work%n", StageArgument.name(stage), replica);
      }
    }
    out.flush();
    return 0;
  }
}
