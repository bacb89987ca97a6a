// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.spark;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The command line of OwlMesh as a process beside the executor, which it does not outlive. */
public final class OwlProcess {
  /** The setting that names OwlMesh's folder, the same on every machine. */
  public static final String HOME = "spark.owlmesh.home";

  /** The variable that tells a process which one started it, and must live. */
  private static final String PARENT = "OWL_WORKER_PARENT";

  /** The variable by which the script runs what was built, and builds nothing. */
  private static final String BUILD = "OWL_BUILD";

  private OwlProcess() {}

  /**
   * How a command is started.
   *
   * @param home folder of OwlMesh on this machine
   * @param directory it works in
   * @throws IOException if one of them is not there
   */
  public static ProcessBuilder builder(
      String home, String directory, List<String> arguments, Map<String, String> more)
      throws IOException {
    Path script = Path.of(home, "owl");
    if (!Files.isExecutable(script)) {
      throw new IOException("%s: there is no %s on this machine".formatted(HOME, script));
    }
    if (!Files.isDirectory(Path.of(directory))) {
      throw new IOException(
          "%s: there is no folder %s on this machine"
              .formatted(TrainingSettings.DIRECTORY, directory));
    }
    List<String> command = new ArrayList<>();
    command.add(script.toString());
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command).directory(new File(directory));
    Map<String, String> environment = builder.environment();
    environment.put(PARENT, Long.toString(ProcessHandle.current().pid()));
    environment.put(BUILD, "never");
    environment.putAll(more);
    return builder;
  }
}
