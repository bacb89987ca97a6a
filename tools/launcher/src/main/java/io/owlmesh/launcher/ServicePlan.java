// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * One process to start.
 *
 * @param name the service, also the name of its log
 * @param command without the environment
 * @param port where it answers gRPC, the health protocol among it
 * @param httpPort where it answers HTTP; the front door alone does
 * @param environment added to the launcher's own
 */
public record ServicePlan(
    String name,
    List<String> command,
    int port,
    OptionalInt httpPort,
    Map<String, String> environment) {
  public ServicePlan {
    command = List.copyOf(command);
    environment = Map.copyOf(environment);
  }
}
