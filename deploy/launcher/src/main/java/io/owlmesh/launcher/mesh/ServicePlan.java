// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher.mesh;

import java.util.List;
import java.util.Map;

/**
 * One process to start.
 *
 * @param name the service, also the name of its log
 * @param command without the environment
 * @param port where it answers the health protocol
 * @param environment added to the launcher's own
 */
public record ServicePlan(
    String name, List<String> command, int port, Map<String, String> environment) {
  public ServicePlan {
    command = List.copyOf(command);
    environment = Map.copyOf(environment);
  }
}
