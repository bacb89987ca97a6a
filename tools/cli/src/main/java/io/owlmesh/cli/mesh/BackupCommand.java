// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import io.owlmesh.cli.option.Home;
import io.owlmesh.cli.option.MeshFlag;
import io.owlmesh.client.AnswerFailed;
import io.owlmesh.client.MeshClient;
import io.owlmesh.launcher.MeshException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Copies all that a mesh keeps. */
@Command(
    name = "backup",
    description = {
      "Writes conversations and images of a running mesh, as they are at one moment, into a file.",
      "The mesh goes on serving. The file holds what people wrote: keep it as such."
    })
public final class BackupCommand implements Callable<Integer> {
  private final Home home;

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @SuppressWarnings("NullAway.Init")
  @Parameters(paramLabel = "FILE", description = "A zip archive; it must not be there yet.")
  private Path file;

  @Mixin private MeshFlag mesh = new MeshFlag();

  public BackupCommand(Home home) {
    this.home = home;
  }

  @Override
  public Integer call() throws IOException, MeshException, AnswerFailed {
    if (Files.exists(file)) {
      throw new picocli.CommandLine.ParameterException(
          spec.commandLine(), file + " is there already.");
    }
    Path folder = file.toAbsolutePath().getParent();
    Path partial =
        Files.createTempFile(
            folder,
            "backup",
            ".partial",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try {
      try (MeshClient client = new MeshClient(mesh.address(home));
          OutputStream out = new BufferedOutputStream(Files.newOutputStream(partial))) {
        client.backup(out);
      }
      Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(partial);
    }
    spec.commandLine().getOut().printf("%s: %,d bytes%n", file, Files.size(file));
    spec.commandLine().getOut().flush();
    return 0;
  }
}
