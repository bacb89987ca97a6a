// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.spark.batch;

import static org.apache.spark.sql.functions.col;

import java.io.IOException;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkException;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.AnalysisException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/**
 * Asks a running mesh about the rows of a table. What was answered before by the same weights with
 * the same options is not asked again; rows are kept when their task is done, also if the run is
 * killed later.
 *
 * <p>Exit codes: 0 if all rows have an answer, 1 if not.
 */
public final class SparkBatch {
  private static final int FAILED = 1;

  /** What is lost when a run is killed: the rows of the tasks that run. */
  private static final int ROWS_OF_A_TASK = 1_000;

  /** The same where each has a megabyte of numbers. */
  private static final int ENCODINGS_OF_A_TASK = 100;

  private final SparkSession spark;
  private final BatchSettings settings;
  private final PrintStream out;

  /**
   * @param out is told how many rows ended how
   */
  SparkBatch(SparkSession spark, BatchSettings settings, PrintStream out) {
    this.spark = spark;
    this.settings = settings;
    this.out = out;
  }

  public static void main(String[] arguments) throws IOException {
    SparkConf conf = new SparkConf();
    if (!conf.contains("spark.jars")) {
      conf.setJars(JavaSparkContext.jarOfClass(SparkBatch.class));
    }
    conf.setIfMissing("spark.app.name", "owl batch")
        .setIfMissing("spark.ui.enabled", "false")
        .setIfMissing("spark.ui.showConsoleProgress", "false")
        // Images lie in the rows: few rows at a time fit in memory, and few make a task.
        .setIfMissing("spark.sql.parquet.columnarReaderBatchSize", "64")
        .setIfMissing("spark.sql.files.maxPartitionBytes", "32m")
        // Answers are seen when their task is done, not when all are.
        .setIfMissing("spark.hadoop.mapreduce.fileoutputcommitter.algorithm.version", "2");
    int code;
    try (SparkSession spark = SparkSession.builder().config(conf).getOrCreate()) {
      code = new SparkBatch(spark, BatchSettings.of(conf, List.of(arguments)), System.out).run();
    } catch (IllegalArgumentException | IllegalStateException e) {
      System.err.println(e.getMessage());
      code = FAILED;
    } catch (Exception e) { // Of Scala, which declares none.
      if (!(e instanceof SparkException || e instanceof AnalysisException)) {
        throw e;
      }
      System.err.println(e.getMessage());
      code = FAILED;
    }
    System.exit(code);
  }

  /**
   * Asks what is missing.
   *
   * @return exit code
   * @throws IllegalArgumentException naming what is wrong with the input
   * @throws IllegalStateException with the words of a process that could not ask
   */
  int run() throws IOException {
    int slots = spark.sparkContext().defaultParallelism();
    BatchSettings.Call call = settings.call(slots);
    String model;
    try (AskProcess process = new AskProcess(call)) {
      model = process.model();
    }
    ReasonCounts counts = new ReasonCounts();
    spark.sparkContext().register(counts, "rows by reason");
    Dataset<Row> all = new BatchTable(spark, settings).rows(model);
    BatchLock lock = BatchLock.of(settings.output());
    try {
      StructType answers = AnswerRows.schema(all.schema(), settings.encodes());
      requireSameTable(answers);
      long rows = all.count();
      spread(missing(all), rows, slots)
          .mapPartitions(
              new AskTask(call, model, settings.encodes(), counts), Encoders.row(answers))
          .write()
          .mode(SaveMode.Append)
          .parquet(settings.output());
      return report(counts.value(), rows);
    } finally {
      lock.close();
    }
  }

  /** What lies in the output is the answers to such a table. */
  private void requireSameTable(StructType answers) {
    List<String> strange = BatchFiles.others(spark, settings.output());
    if (!strange.isEmpty()) {
      throw new IllegalArgumentException(
          "--output: %s holds %s, which no run wrote; name another folder"
              .formatted(settings.output(), strange));
    }
    if (BatchFiles.holdsParquet(spark, settings.output())) {
      String there = columns(spark.read().parquet(settings.output()).schema());
      if (!there.equals(columns(answers))) {
        throw new IllegalArgumentException(
            "--output: %s has the columns %s, not %s; name another folder"
                .formatted(settings.output(), there, columns(answers)));
      }
    }
  }

  private static String columns(StructType table) {
    return Arrays.stream(table.fields())
        .map(field -> field.name() + " " + field.dataType().sql())
        .collect(Collectors.joining(", ", "[", "]"));
  }

  /** Without what an earlier run answered. */
  private Dataset<Row> missing(Dataset<Row> all) {
    if (!BatchFiles.holdsParquet(spark, settings.output())) {
      return all;
    }
    Dataset<Row> done =
        spark
            .read()
            .parquet(settings.output())
            .filter(col("error").isNull())
            .select("key")
            .distinct();
    return all.join(done, all.col("key").equalTo(done.col("key")), "left_anti");
  }

  /** Tables of many short rows lie in few pieces; where images lie in the rows, there are many. */
  private Dataset<Row> spread(Dataset<Row> missing, long rows, int slots) {
    boolean bytes = missing.schema().apply("owl_images").dataType().sql().contains("BINARY");
    int own = settings.encodes() ? ENCODINGS_OF_A_TASK : ROWS_OF_A_TASK;
    long tasks = Math.max(slots, rows / own + 1);
    return bytes || rows <= slots
        ? missing
        : missing.repartition((int) Math.min(tasks, Integer.MAX_VALUE));
  }

  private int report(Map<String, Long> counts, long rows) {
    long asked = counts.values().stream().mapToLong(Long::longValue).sum();
    if (rows > asked) {
      counts.put("answered before", rows - asked);
    }
    counts.forEach((what, count) -> out.printf(Locale.ROOT, "%,10d %s%n", count, what));
    return Set.of("answered", "answered before").containsAll(counts.keySet()) ? 0 : FAILED;
  }
}
