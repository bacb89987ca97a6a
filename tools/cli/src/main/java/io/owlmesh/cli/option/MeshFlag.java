// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.option;

import io.owlmesh.client.Address;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.launcher.MeshRecord;
import io.owlmesh.trainer.cli.AddressConverter;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where to find the mesh. */
public final class MeshFlag {
  @Option(
      names = "--address",
      paramLabel = "HOST:PORT",
      converter = AddressConverter.class,
      description =
          "Where the mesh answers (default: the one that is up here, else 127.0.0.1:9000).")
  private @Nullable Address address;

  /** What was said here, or else there. */
  public MeshFlag or(MeshFlag other) {
    return address != null ? this : other;
  }

  public Address address(Home home) throws IOException, MeshException {
    if (address != null) {
      return address;
    }
    Optional<MeshRecord> here = home.run().running();
    return here.map(MeshRecord::frontDoor).orElse(Address.DEFAULT);
  }
}
