// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import io.owlmesh.cli.option.Home;
import io.owlmesh.cli.option.MeshFlag;
import io.owlmesh.client.AnswerFailed;
import io.owlmesh.client.MeshClient;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.proto.mesh.v1.RestoreResponse;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Gives a mesh what another one kept. */
@Command(
    name = "restore",
    description = {
      "Takes what backup wrote over into a running mesh that keeps nothing yet: all or nothing.",
      "It may have another database, and another place for images."
    })
public final class RestoreCommand implements Callable<Integer> {
  private final Home home;

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @SuppressWarnings("NullAway.Init")
  @Parameters(paramLabel = "FILE", description = "What backup wrote.")
  private Path file;

  @Mixin private MeshFlag mesh = new MeshFlag();

  public RestoreCommand(Home home) {
    this.home = home;
  }

  @Override
  public Integer call() throws IOException, MeshException, AnswerFailed, InterruptedException {
    RestoreResponse taken;
    try (MeshClient client = new MeshClient(mesh.address(home));
        InputStream archive = new BufferedInputStream(Files.newInputStream(file))) {
      taken = client.restore(archive);
    }
    spec.commandLine()
        .getOut()
        .printf(
            "%,d conversations, %,d messages, %,d images%n",
            taken.getSessions(), taken.getMessages(), taken.getImages());
    spec.commandLine().getOut().flush();
    return 0;
  }
}
