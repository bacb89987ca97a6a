// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.spark.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.spark.SparkCluster;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tables of questions, asked by tasks of Spark of a front door that answers with what it was sent.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class SparkBatchTest {
  private static final StructType TABLE =
      new StructType()
          .add("id", DataTypes.LongType)
          .add("question", DataTypes.StringType)
          .add("image", DataTypes.BinaryType);

  private static SparkSession spark;
  @TempDir private Path folder;
  private Process mesh;
  private BufferedReader said;
  private String address;
  private int runs;

  @BeforeAll
  static void startSpark() {
    spark =
        SparkSession.builder().master("local[1]").config("spark.ui.enabled", "false").getOrCreate();
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  @BeforeEach
  void startMesh() throws IOException {
    startMesh("weights", 4);
  }

  private void startMesh(String weights, int refusals) throws IOException {
    Path cli = SparkCluster.ROOT.resolve("tools/cli/target");
    String classPath =
        String.join(
            ":",
            cli.resolve("test-classes").toString(),
            cli.resolve("owl-cli.jar").toString(),
            cli.resolve("lib") + "/*",
            Files.readString(cli.resolve("classpath")));
    mesh =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                classPath,
                "io.owlmesh.cli.batch.BusyChat",
                weights,
                Integer.toString(refusals))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    said = mesh.inputReader(StandardCharsets.UTF_8);
    address = said.readLine();
  }

  @AfterEach
  void stopMesh() {
    mesh.destroyForcibly();
  }

  /** How many questions were answered. */
  private int asked() throws IOException {
    mesh.getOutputStream().write('\n');
    mesh.getOutputStream().flush();
    return Integer.parseInt(said.readLine());
  }

  private void write(String name, int rows) {
    List<Row> all = new ArrayList<>();
    for (long id = 0; id < rows; id++) {
      byte[] image = id % 5 == 0 ? null : new byte[(int) id];
      all.add(RowFactory.create(id, "What is " + id + "?", image));
    }
    spark
        .createDataset(all, Encoders.row(TABLE))
        .repartition(2)
        .write()
        .mode(SaveMode.Overwrite)
        .parquet(folder.resolve(name).toString());
  }

  private List<Row> answers() {
    return spark
        .read()
        .parquet(folder.resolve("answers.parquet").toString())
        .orderBy("id")
        .collectAsList();
  }

  /** Runs a driver as {@code ./owl batch} does. */
  private int batch(String input, Map<String, String> more) throws Exception {
    Map<String, String> settings =
        new TreeMap<>(
            Map.of(
                "spark.master",
                "local[2]",
                "spark.owlmesh.batch.input",
                folder.resolve(input).toUri().toString(),
                "spark.owlmesh.batch.output",
                folder.resolve("answers.parquet").toUri().toString(),
                "spark.owlmesh.batch.concurrency",
                "8"));
    settings.putAll(more);
    runs++;
    Process driver =
        SparkCluster.driver(
            folder.resolve(runs + ".log"),
            SparkBatch.class,
            settings,
            "batch",
            "--address=" + address);
    assertThat(driver.waitFor(180, TimeUnit.SECONDS)).as(log()).isTrue();
    return driver.exitValue();
  }

  private String log() throws IOException {
    return Files.readString(folder.resolve(runs + ".log"));
  }

  @Test
  void rowsOfATableAreAskedOnceAndASecondRunAsksWhatIsMissing() throws Exception {
    write("table.parquet", 20);
    assertThat(batch("table.parquet", Map.of())).as(log()).isZero();

    assertThat(log()).containsPattern(" 20 answered\\n");
    List<Row> answers = answers();
    assertThat(answers).hasSize(20);
    for (int id = 0; id < answers.size(); id++) {
      Row row = answers.get(id);
      assertThat(row.<Long>getAs("id")).isEqualTo(id);
      assertThat(row.<String>getAs("answer"))
          .isEqualTo("What is %d? of %d bytes".formatted(id, id % 5 == 0 ? 0 : id));
      assertThat(row.getList(row.fieldIndex("weights"))).hasSize(3);
      assertThat(row.getList(row.fieldIndex("image_sha256"))).hasSize(id % 5 == 0 ? 0 : 1);
    }

    write("table.parquet", 23);
    assertThat(batch("table.parquet", Map.of())).as(log()).isZero();

    assertThat(log()).containsPattern(" 3 answered\\n").containsPattern(" 20 answered before\\n");
    assertThat(asked()).isEqualTo(23);
    assertThat(answers()).hasSize(23);
  }

  @Test
  void whatHasNoAnswerIsCountedByItsReasonAndKeysAreThoseOfJsonLines() throws Exception {
    Files.write(folder.resolve("a.png"), new byte[] {1, 2, 3});
    Path lines =
        Files.writeString(
            folder.resolve("questions.jsonl"),
            """
            {"id": 1, "image": "a.png", "question": "What?"}
            {"id": 2, "image": "none.png", "question": "What?"}
            {"id": 3, "image": "a.png", "question": "bad"}
            """);

    assertThat(batch("questions.jsonl", Map.of())).as(log()).isOne();

    assertThat(log()).contains("1 answered", "1 INVALID_ARGUMENT", "1 image cannot be read");
    assertThat(answers())
        .extracting(row -> row.<String>getAs("error"))
        .containsExactly(null, "IMAGE", "INVALID_ARGUMENT");
    Path plain = folder.resolve("plain.jsonl");
    assertThat(owl("batch", "--input=" + lines, "--output=" + plain, "--address=" + address))
        .isOne();
    assertThat(Files.readString(plain)).contains(answers().get(0).<String>getAs("key"));
  }

  private static int owl(String... arguments) throws Exception {
    return io.owlmesh.spark.OwlProcess.builder(
            SparkCluster.ROOT.toString(),
            SparkCluster.ROOT.toString(),
            List.of(arguments),
            Map.of("JAVA_HOME", System.getProperty("java.home")))
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }

  @Test
  void aQuestionThatIsMissingNamesTheColumnsThereAreAndNothingIsWritten() throws Exception {
    write("table.parquet", 2);

    assertThat(batch("table.parquet", Map.of("spark.owlmesh.batch.questionColumn", "text")))
        .isOne();

    assertThat(log()).contains("no column named 'text'", "[id, question, image]");
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).noneMatch(path -> path.endsWith("answers.parquet"));
    }
  }
}
