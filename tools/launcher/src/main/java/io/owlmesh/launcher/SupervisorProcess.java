// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A process that watches a mesh which no terminal holds. */
public final class SupervisorProcess {
  /** It sleeps nearly always: small and slow is good enough. */
  private static final List<String> FLAGS =
      List.of(
          "-Xmx48m",
          "-XX:+UseSerialGC",
          "-XX:TieredStopAtLevel=1",
          "-XX:+ExitOnOutOfMemoryError",
          "--enable-native-access=ALL-UNNAMED",
          "--sun-misc-unsafe-memory-access=allow",
          "-Dstdout.encoding=UTF-8",
          "-Dstderr.encoding=UTF-8");

  private SupervisorProcess() {}

  /**
   * Starts it; from then on it counts as the one that watches.
   *
   * @param properties system properties it needs
   * @param main the class and arguments to run, with the class path of this process
   */
  public static Process start(RunFolder run, Map<String, String> properties, List<String> main)
      throws IOException {
    List<String> command = new ArrayList<>(ServiceCommand.ownSession());
    command.add(ServiceCommand.java().toString());
    command.addAll(FLAGS);
    properties.forEach((name, value) -> command.add("-D" + name + "=" + value));
    command.add("-cp");
    command.add(absolute(System.getProperty("java.class.path")));
    command.addAll(main);
    Process process =
        new ProcessBuilder(command)
            .directory(run.folder().toFile())
            .redirectInput(new File("/dev/null"))
            .redirectErrorStream(true)
            .redirectOutput(
                ProcessBuilder.Redirect.appendTo(run.openLog(RunFolder.SUPERVISOR_LOG, true)))
            .start();
    run.write(RunFolder.supervisor(process.toHandle(), Map.of()));
    return process;
  }

  /** It runs in another folder. */
  private static String absolute(String classPath) {
    List<String> entries = new ArrayList<>();
    for (String entry : classPath.split(File.pathSeparator, -1)) {
      entries.add(Path.of(entry).toAbsolutePath().toString());
    }
    return String.join(File.pathSeparator, entries);
  }
}
