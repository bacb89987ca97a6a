// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.spark;

import java.io.Serializable;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.SparkConf;

/**
 * What a training job is, by Spark's own settings.
 *
 * @param arguments of {@code owl}, such as {@code train} and a recipe
 * @param workers how many learn together, 1 to 1024
 * @param restarts how often they go on from the saved state, 0 to 1000
 * @param home folder of OwlMesh, the same on every machine
 * @param directory that relative paths of a recipe begin at, the same on every machine
 * @param room memory beside an executor's own, for the workers' processes, bytes
 */
record TrainingSettings(
    List<String> arguments, int workers, int restarts, String home, String directory, long room)
    implements Serializable {
  static final String WORKERS = "spark.owlmesh.workers";
  static final String RESTARTS = "spark.owlmesh.restarts";
  static final String DIRECTORY = "spark.owlmesh.directory";
  static final String ROOM = "spark.executor.memoryOverhead";

  private static final int MAX_WORKERS = 1_024;
  private static final int MAX_RESTARTS = 1_000;
  private static final int USUAL_RESTARTS = 3;

  /** A JVM with the engine takes that much before it has read a weight, MiB. */
  private static final long LEAST_ROOM_MIB = 512;

  /**
   * Reads the settings.
   *
   * @throws IllegalArgumentException naming the setting that is missing or out of range
   */
  static TrainingSettings of(SparkConf conf, List<String> arguments) {
    if (arguments.isEmpty()) {
      throw new IllegalArgumentException("What is to be trained? Give a recipe.");
    }
    int workers = number(conf, WORKERS, 1, 1, MAX_WORKERS);
    int restarts = number(conf, RESTARTS, USUAL_RESTARTS, 0, MAX_RESTARTS);
    if (!conf.contains(ROOM)) {
      throw new IllegalArgumentException(
          ROOM
              + " is not set: workers are processes beside the executor, and this is their memory,"
              + " such as 8g. docs/how-to/train.md tells how much a recipe takes.");
    }
    long mebibytes = conf.getSizeAsMb(ROOM);
    if (mebibytes < LEAST_ROOM_MIB) {
      throw new IllegalArgumentException(
          "%s is %d MiB, at least %d are needed".formatted(ROOM, mebibytes, LEAST_ROOM_MIB));
    }
    return new TrainingSettings(
        List.copyOf(arguments),
        workers,
        restarts,
        folder(conf, OwlProcess.HOME, ""),
        folder(conf, DIRECTORY, Path.of("").toAbsolutePath().toString()),
        mebibytes << 20);
  }

  private static String folder(SparkConf conf, String name, String usual) {
    String path = conf.get(name, usual);
    if (!Path.of(path).isAbsolute()) {
      throw new IllegalArgumentException(
          "%s is '%s', it must be a whole path, the same on every machine".formatted(name, path));
    }
    return path;
  }

  private static int number(SparkConf conf, String name, int usual, int least, int most) {
    int value = conf.getInt(name, usual);
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          "%s is %d, allowed is %d to %d".formatted(name, value, least, most));
    }
    return value;
  }
}
