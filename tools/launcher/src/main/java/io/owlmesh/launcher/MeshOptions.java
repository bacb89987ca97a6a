// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a person may choose about a mesh on one machine.
 *
 * @param fused all stages in one process instead of a process each
 * @param checkpoint the folder that every service loads its part from
 * @param host the address that services listen on
 * @param ports where they listen
 * @param tls folder with a subfolder of certificates a service; empty for plain connections
 * @param settings {@code OWL_…} variables given to every service
 * @param models further models, with stages of their own
 */
public record MeshOptions(
    boolean fused,
    Path checkpoint,
    String host,
    MeshPorts ports,
    Optional<Path> tls,
    Map<String, String> settings,
    List<LocalModel> models) {
  public MeshOptions {
    settings = Map.copyOf(settings);
    models = List.copyOf(models);
  }

  /** With one model. */
  public MeshOptions(
      boolean fused,
      Path checkpoint,
      String host,
      MeshPorts ports,
      Optional<Path> tls,
      Map<String, String> settings) {
    this(fused, checkpoint, host, ports, tls, settings, List.of());
  }

  /** With one model and without certificates. */
  public MeshOptions(
      boolean fused, Path checkpoint, String host, MeshPorts ports, Map<String, String> settings) {
    this(fused, checkpoint, host, ports, Optional.empty(), settings);
  }
}
