// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import io.owlmesh.launcher.Memory;
import io.owlmesh.launcher.MeshRecord;
import io.owlmesh.launcher.RunningService;
import java.util.List;
import java.util.OptionalLong;

/**
 * What one process of the mesh takes.
 *
 * @param readyMillis from its start until it was ready
 * @param residentMib pages in memory, mebibytes; shared ones count in full
 * @param proportionalMib the same with shared pages divided among those who share them
 */
public record ServiceCost(
    String name, OptionalLong readyMillis, OptionalLong residentMib, OptionalLong proportionalMib) {

  /** Of the services that run now. */
  public static List<ServiceCost> of(MeshRecord mesh) {
    return mesh.alive().stream().map(service -> of(mesh, service)).toList();
  }

  private static ServiceCost of(MeshRecord mesh, RunningService service) {
    Long ready = mesh.readyMillis().get(service.name());
    return new ServiceCost(
        service.name(),
        ready == null ? OptionalLong.empty() : OptionalLong.of(ready),
        Memory.resident(service.pid()),
        Memory.proportional(service.pid()));
  }
}
