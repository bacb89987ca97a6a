// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.workers;

import io.owlmesh.core.OwlException;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/**
 * The driver of a job on Spark: a process of its own, since Spark's libraries do not go together
 * with the engine's in one JVM.
 */
public final class SparkDriver {
  private static final String PREFIX = "spark.";
  private static final int MAX_SETTING = 1 << 16;

  private final List<String> command = new ArrayList<>();

  /**
   * Of a program of the module {@code spark-job}.
   *
   * @param master of the cluster, such as {@code spark://host:7077}
   * @param settings of Spark; each begins with {@code spark.}
   * @throws OwlException BAD_INPUT, field {@code --spark-conf}, for any other; field {@code
   *     --spark} if the program was not built
   */
  public SparkDriver(
      String main, String master, Map<String, String> settings, List<String> arguments)
      throws IOException {
    Path home = Path.of(System.getProperty("owl.home", ".")).toAbsolutePath().normalize();
    Path target = home.resolve("spark-job/target");
    Path others = target.resolve("classpath");
    if (!Files.exists(others)) {
      throw OwlException.badInput("--spark", "there is no " + others + ": is it ./owl that runs?");
    }
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("@" + target.resolve("classes/driver.args"));
    command.add("-Dspark.master=" + master);
    command.add("-Dspark.owlmesh.home=" + home);
    settings.forEach((name, value) -> command.add(setting(name, value)));
    command.add("-cp");
    command.add(
        target.resolve("owl-spark-job.jar") + File.pathSeparator + Files.readString(others));
    command.add(main);
    command.addAll(arguments);
  }

  private static String setting(String name, String value) {
    if (!name.startsWith(PREFIX) || name.length() + value.length() > MAX_SETTING) {
      throw OwlException.badInput(
          "--spark-conf",
          "'%s' is no setting of Spark: they begin with '%s' and have at most %d characters"
              .formatted(name, PREFIX, MAX_SETTING));
    }
    return "-D%s=%s".formatted(name, value);
  }

  /**
   * Runs it to its end; it is stopped if this process is.
   *
   * @return its exit code
   */
  public int run() throws IOException, InterruptedException {
    Process driver = new ProcessBuilder(command).inheritIO().start();
    CountDownLatch over = new CountDownLatch(1);
    Thread hook =
        new Thread(
            () -> {
              driver.destroy();
              try {
                over.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            },
            "stop");
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      return driver.waitFor();
    } finally {
      over.countDown();
    }
  }
}
