// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
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

  /**
   * Starts the process.
   *
   * @param again whether its log goes on where an earlier process ended
   */
  Process start(RunFolder run, boolean again) throws IOException {
    File log = run.openLog(name, again);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    builder.directory(run.folder().toFile());
    builder.redirectInput(new File("/dev/null"));
    builder.redirectErrorStream(true);
    builder.redirectOutput(Redirect.appendTo(log));
    return builder.start();
  }
}
