// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.batch;

import io.owlmesh.core.OwlException;
import io.owlmesh.trainer.cli.SparkFlags;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The same for a table: tasks of Spark run the command, each for rows of its own. */
final class BatchOnSpark {
  private static final String MAIN = "io.owlmesh.spark.batch.SparkBatch";
  private static final String PREFIX = "spark.owlmesh.batch.";
  private static final String PARQUET = ".parquet";

  private BatchOnSpark() {}

  /** Whether a cluster is named, or a table is to be written. */
  static boolean isWanted(SparkFlags spark, Path output) {
    return spark.isGiven() || output.toString().endsWith(PARQUET);
  }

  /**
   * Asks all rows.
   *
   * @param kind what is written for each row
   * @param concurrency calls in flight of all tasks together
   * @param arguments of the command that tasks run
   * @return exit code
   * @throws OwlException BAD_INPUT, field {@code --output}, if that would be no table
   */
  static int ask(
      SparkFlags spark,
      BatchInput rows,
      Path output,
      OutputKind kind,
      int concurrency,
      List<String> arguments)
      throws IOException, InterruptedException {
    if (!output.toString().endsWith(PARQUET)) {
      throw OwlException.badInput(
          "--output", "%s must end with %s where Spark asks".formatted(output, PARQUET));
    }
    Map<String, String> settings = new TreeMap<>();
    settings.put(PREFIX + "input", uri(rows.source()));
    settings.put(PREFIX + "output", uri(output));
    settings.put(PREFIX + "outputKind", kind.flag());
    settings.put(PREFIX + "questionColumn", rows.questionColumn());
    settings.put(PREFIX + "imageColumn", rows.imageColumn());
    settings.put(PREFIX + "concurrency", Integer.toString(concurrency));
    rows.question().ifPresent(text -> settings.put(PREFIX + "question", text));
    return spark.drive(MAIN, settings, arguments);
  }

  /** As Hadoop reads it: blanks and patterns of names stay what they are. */
  private static String uri(Path path) {
    return "file:" + path.toAbsolutePath().normalize();
  }
}
