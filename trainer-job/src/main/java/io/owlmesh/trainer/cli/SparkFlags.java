// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.cli;

import io.owlmesh.trainer.workers.SparkDriver;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import picocli.CommandLine.Option;

/** That a command's work is done by a Spark cluster. */
public final class SparkFlags {
  @Option(
      names = "--spark",
      paramLabel = "MASTER",
      description =
          "Let this Spark cluster do it, such as spark://HOST:7077. All its machines must reach"
              + " this folder and all files under the same paths.")
  private Optional<String> master = Optional.empty();

  @Option(
      names = "--spark-conf",
      paramLabel = "NAME=VALUE",
      description = "A setting of Spark; may be repeated.")
  private Map<String, String> conf = Map.of();

  /** Whether Spark is to do it. */
  public boolean isGiven() {
    return master.isPresent();
  }

  /**
   * Runs a driver to its end.
   *
   * @param main class of the module {@code spark-job}
   * @param settings more of them, which people cannot change
   * @return its exit code
   */
  public int drive(String main, Map<String, String> settings, List<String> arguments)
      throws IOException, InterruptedException {
    Map<String, String> all = new TreeMap<>(conf);
    all.putAll(settings);
    return new SparkDriver(main, master.orElse("local[*]"), all, arguments).run();
  }
}
