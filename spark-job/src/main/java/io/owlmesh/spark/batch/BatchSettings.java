// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.spark.batch;

import io.owlmesh.spark.OwlProcess;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.SparkConf;

/**
 * What is asked, by settings that {@code ./owl batch} makes of its flags.
 *
 * @param arguments of {@code owl batch}, but for where rows come from and go to
 * @param home folder of OwlMesh, the same on every machine
 * @param input URI
 * @param output URI of a folder
 * @param outputKind as {@code --output-kind} tells it
 * @param question of rows without their own
 * @param concurrency calls in flight of all tasks together
 */
record BatchSettings(
    List<String> arguments,
    String home,
    String input,
    String output,
    String outputKind,
    Optional<String> question,
    String questionColumn,
    String imageColumn,
    int concurrency) {
  private static final String PREFIX = "spark.owlmesh.batch.";
  private static final String ANSWERS = "answers";

  /** Whether numbers are written, in place of answers. */
  boolean encodes() {
    return !outputKind.equals(ANSWERS);
  }

  static BatchSettings of(SparkConf conf, List<String> arguments) {
    return new BatchSettings(
        List.copyOf(arguments),
        conf.get(OwlProcess.HOME),
        conf.get(PREFIX + "input"),
        conf.get(PREFIX + "output"),
        conf.get(PREFIX + "outputKind", ANSWERS),
        Optional.ofNullable(conf.get(PREFIX + "question", null)),
        conf.get(PREFIX + "questionColumn", "question"),
        conf.get(PREFIX + "imageColumn", "image"),
        conf.getInt(PREFIX + "concurrency", 16));
  }

  /**
   * What a task runs.
   *
   * @param tasks that run at a time
   */
  Call call(int tasks) {
    int own = Math.max(1, concurrency / Math.max(1, tasks));
    List<String> command = new ArrayList<>(arguments);
    command.add("--input=-");
    command.add("--output=-");
    command.add("--concurrency=" + own);
    return new Call(home, List.copyOf(command), own);
  }

  /**
   * The command of a task: rows in as JSON lines, answers out.
   *
   * @param concurrency calls in flight
   */
  record Call(String home, List<String> command, int concurrency) implements Serializable {}
}
