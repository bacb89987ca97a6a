// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import io.owlmesh.cli.option.Home;
import io.owlmesh.client.Address;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.launcher.MeshRecord;
import io.owlmesh.trainer.cli.AddressConverter;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** Where to find the language model's service, for what the front door does not do. */
public final class LanguageModelFlag {
  public static final String SERVICE = "llm";

  @Option(
      names = "--llm",
      paramLabel = "HOST:PORT",
      scope = ScopeType.INHERIT,
      converter = AddressConverter.class,
      description = "Where the language model answers (default: in the mesh that is up here).")
  private @Nullable Address address;

  /** What was said, else the service of that mesh. */
  public Optional<Address> or(Optional<MeshRecord> mesh) {
    return Optional.ofNullable(address).or(() -> mesh.map(one -> one.addressOf(SERVICE)));
  }

  /**
   * What was said, else all replicas of the mesh on this machine.
   *
   * @param model whose; empty for the one that the mesh was started with
   * @throws MeshException if there is neither
   */
  List<Address> required(Home home, String model) throws IOException, MeshException {
    Optional<MeshRecord> mesh = home.run().running();
    List<Address> replicas =
        address == null && mesh.isPresent()
            ? mesh.get().replicas(model.isEmpty() ? SERVICE : model + "." + SERVICE).stream()
                .map(mesh.get()::address)
                .toList()
            : List.of();
    if (!replicas.isEmpty()) {
      return replicas;
    }
    if (address == null && !model.isEmpty()) {
      throw new MeshException(
          "No language model of %s runs here; name it with --llm.".formatted(model));
    }
    return List.of(
        or(mesh)
            .orElseThrow(() ->
                new MeshException("No mesh is up here. Start one with ./owl up, or name --llm.")));
  }
}
