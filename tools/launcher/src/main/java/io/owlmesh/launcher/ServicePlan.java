// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;

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

  /** What the process will find set, or else {@code otherwise}. */
  String setting(String name, String otherwise) {
    String own = environment.get(name);
    return own == null ? System.getenv().getOrDefault(name, otherwise) : own;
  }

  /** The same as one of so many replicas of its stage, which share this machine. */
  ServicePlan sharing(String stage, int replicas) {
    List<String> divided = new ArrayList<>(command);
    divided.add(ServiceCommand.flags(divided), ReplicaShare.cores(replicas));
    Map<String, String> all = new TreeMap<>(environment);
    all.putAll(ReplicaShare.settings(stage, replicas, setting(ReplicaShare.CACHE, "")));
    return new ServicePlan(name, divided, port, httpPort, all);
  }

  /** The same for another model. */
  ServicePlan of(LocalModel model) {
    Map<String, String> all = new TreeMap<>(environment);
    // Adapters fit one model.
    all.remove("OWL_ADAPTERS");
    all.remove("OWL_DEFAULT_ADAPTER");
    all.putAll(model.settings());
    all.put("OWL_CHECKPOINT", model.checkpoint().toString());
    return new ServicePlan(name, command, port, httpPort, all);
  }

  /** Another replica of the same. */
  ServicePlan again(String other, int at) {
    Map<String, String> all = new TreeMap<>(environment);
    all.put("OWL_PORT", Integer.toString(at));
    all.put("OWL_MANAGEMENT_PORT", Integer.toString(at + MeshPorts.MANAGEMENT));
    return new ServicePlan(other, command, at, httpPort, all);
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
