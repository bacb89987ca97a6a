// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.spark.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.owlmesh.spark.OwlProcess;
import io.owlmesh.spark.SparkCluster;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tables of questions, asked by tasks of Spark of a front door that answers with what it was sent.
 */
@Timeout(300)
class SparkBatchTest {
  private static final StructType TABLE =
      new StructType()
          .add("id", DataTypes.LongType)
          .add("question", DataTypes.StringType)
          .add("image", DataTypes.BinaryType);

  private static SparkSession spark;
  private static Process mesh;
  private static BufferedReader said;
  private static String address;
  @TempDir private Path folder;
  private final ByteArrayOutputStream told = new ByteArrayOutputStream();

  @BeforeAll
  static void start() throws IOException {
    mesh = startMesh("4");
    spark =
        SparkSession.builder()
            .master("local[2]")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", "2")
            .getOrCreate();
    said = mesh.inputReader(StandardCharsets.UTF_8);
    address = said.readLine();
  }

  @AfterAll
  static void stop() {
    mesh.destroyForcibly();
    spark.stop();
  }

  /** A mesh that refuses some first calls, and answers others after a while, see BusyChat. */
  static Process startMesh(String... refusalsAndMillis) throws IOException {
    Path cli = SparkCluster.ROOT.resolve("tools/cli/target");
    String classPath =
        String.join(
            ":",
            cli.resolve("test-classes").toString(),
            cli.resolve("owl-cli.jar").toString(),
            cli.resolve("lib") + "/*",
            Files.readString(cli.resolve("classpath")));
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                classPath,
                "io.owlmesh.cli.batch.BusyChat",
                "weights"));
    command.addAll(List.of(refusalsAndMillis));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
  }

  /** How many questions were answered so far. */
  private static int asked() throws IOException {
    mesh.getOutputStream().write('\n');
    mesh.getOutputStream().flush();
    return Integer.parseInt(said.readLine());
  }

  private void write(String name, int rows) {
    write(name, rows, 1);
  }

  private void write(String name, int rows, int pieces) {
    List<Row> all = new ArrayList<>();
    for (long id = 0; id < rows; id++) {
      byte[] image = id % 5 == 0 ? null : new byte[(int) id];
      all.add(RowFactory.create(id, "What is " + id + "?", image));
    }
    spark
        .createDataset(all, Encoders.row(TABLE))
        .repartition(pieces)
        .write()
        .mode(SaveMode.Overwrite)
        .parquet(folder.resolve(name).toString());
  }

  private List<Row> answers(String order) {
    return spark
        .read()
        .parquet(folder.resolve("answers.parquet").toString())
        .orderBy(order)
        .collectAsList();
  }

  private Map<String, String> settings(Path input) {
    return new TreeMap<>(
        Map.of(
            "spark.owlmesh.home",
            SparkCluster.ROOT.toString(),
            "spark.owlmesh.batch.input",
            "file:" + input,
            "spark.owlmesh.batch.output",
            "file:" + folder.resolve("answers.parquet"),
            "spark.owlmesh.batch.concurrency",
            "8"));
  }

  /** What a driver does, which is this JVM. */
  private int batch(String input, String... nameAndValue) throws IOException {
    SparkConf conf = new SparkConf(false);
    settings(folder.resolve(input)).forEach(conf::set);
    for (int i = 0; i < nameAndValue.length; i += 2) {
      conf.set("spark.owlmesh.batch." + nameAndValue[i], nameAndValue[i + 1]);
    }
    told.reset();
    List<String> arguments =
        List.of(
            "batch",
            "--address=" + address,
            "--output-kind=" + conf.get("spark.owlmesh.batch.outputKind", "answers"));
    BatchSettings settings = BatchSettings.of(conf, arguments);
    return new SparkBatch(spark, settings, new PrintStream(told, true, StandardCharsets.UTF_8))
        .run();
  }

  /** The same as a process. */
  private int drive(Path input) throws Exception {
    Map<String, String> settings = settings(input);
    settings.put("spark.master", "local[1]");
    Path log = folder.resolve("driver.log");
    int code =
        SparkCluster.driver(log, SparkBatch.class, settings, "batch", "--address=" + address)
            .waitFor();
    told.reset();
    told.write(Files.readAllBytes(log));
    return code;
  }

  private String log() {
    return told.toString(StandardCharsets.UTF_8);
  }

  @Test
  void rowsOfATableAreAskedOnceAndASecondRunAsksWhatIsMissing() throws Exception {
    int before = asked();
    write("table.parquet", 20, 2);
    assertThat(batch("table.parquet")).as(log()).isZero();

    assertThat(log()).containsPattern(" 20 answered\\n");
    List<Row> answers = answers("id");
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
    assertThat(batch("table.parquet")).as(log()).isZero();

    assertThat(log()).containsPattern(" 3 answered\\n").containsPattern(" 20 answered before\\n");
    assertThat(asked() - before).isEqualTo(23);
    assertThat(answers("id")).hasSize(23);
  }

  @Test
  void aDriverCountsWhatHasNoAnswerByItsReasonAndKeysAreThoseOfJsonLines() throws Exception {
    Path pictures = Files.createDirectory(folder.resolve("two words"));
    Files.write(pictures.resolve("a.png"), new byte[] {1, 2, 3});
    Path lines =
        Files.writeString(
            pictures.resolve("questions.jsonl"),
            """
            {"id": 1, "image": "a.png", "question": "What?"}
            {"id": 2, "image": "none.png", "question": "What?"}
            {"id": 3, "image": "a.png", "question": "bad"}
            """);

    assertThat(drive(lines)).as(log()).isOne();

    assertThat(log()).contains("1 answered", "1 INVALID_ARGUMENT", "1 image cannot be read");
    assertThat(answers("id"))
        .extracting(row -> row.<String>getAs("error"))
        .containsExactly(null, "IMAGE", "INVALID_ARGUMENT");
    Path plain = folder.resolve("plain.jsonl");
    assertThat(owl(lines, plain)).isOne();
    assertThat(Files.readString(plain)).contains(answers("id").get(0).<String>getAs("key"));
  }

  /** Asks without Spark. */
  private int owl(Path input, Path output) throws Exception {
    return OwlProcess.builder(
            SparkCluster.ROOT.toString(),
            folder.toString(),
            List.of("batch", "--input=" + input, "--output=" + output, "--address=" + address),
            Map.of("JAVA_HOME", System.getProperty("java.home")))
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }

  @Test
  void samplesOfAWebDatasetAreAskedAboutTheirOwnImages() throws Exception {
    shard(
        "photos-0.tar", "7.json", "{\"question\": \"Which?\"}", "7.0.png", "123", "7.1.png", "45");
    shard("photos-1.tar", "8.jpg", "1234", "8.txt", "a caption", "9.png", "1", "9.json", "{}");

    assertThat(batch("photos-*.tar", "question", "What?")).as(log()).isZero();

    assertThat(answers("sample"))
        .extracting(row -> row.<String>getAs("sample") + ": " + row.<String>getAs("answer"))
        .containsExactly("7: Which? of 5 bytes", "8: What? of 4 bytes", "9: What? of 1 bytes");
    assertThat(answers("sample").get(0).<String>getAs("json")).contains("Which?");
  }

  private void shard(String name, String... namesAndTexts) throws IOException {
    try (TarArchiveOutputStream tar =
        new TarArchiveOutputStream(Files.newOutputStream(folder.resolve(name)))) {
      for (int i = 0; i < namesAndTexts.length; i += 2) {
        byte[] content = namesAndTexts[i + 1].getBytes(StandardCharsets.UTF_8);
        TarArchiveEntry entry = new TarArchiveEntry(namesAndTexts[i]);
        entry.setSize(content.length);
        tar.putArchiveEntry(entry);
        tar.write(content);
        tar.closeArchiveEntry();
      }
    }
  }

  @Test
  void visualTokensOfImagesAreColumnsAndASecondRunMakesWhatIsMissing() throws Exception {
    int before = asked();
    write("table.parquet", 8);
    String[] tokens = {"outputKind", "visual-tokens"};
    assertThat(batch("table.parquet", tokens)).as(log()).isZero();

    List<Row> rows = answers("id");
    assertThat(rows).hasSize(8);
    assertThat(rows.get(0).getList(rows.get(0).fieldIndex("visual"))).isEmpty(); // It has no image.
    Row row = rows.get(7);
    Row visual = (Row) row.getList(row.fieldIndex("visual")).get(0);
    assertThat(visual.getList(visual.fieldIndex("shape"))).isEqualTo(List.of(1, 7));
    assertThat(visual.<byte[]>getAs("float32")).hasSize(28);
    assertThat(row.<String>getAs("encoding")).isEqualTo("visual-tokens");
    assertThat(row.getList(row.fieldIndex("weights"))).isEqualTo(List.of("vision", "abstractor"));

    write("table.parquet", 10);
    assertThat(batch("table.parquet", tokens)).as(log()).isZero();
    assertThat(log()).containsPattern(" 2 answered\\n").containsPattern(" 8 answered before\\n");
    assertThat(asked() - before).isEqualTo(8);

    assertThatThrownBy(() -> batch("table.parquet"))
        .hasMessageContaining("--output")
        .hasMessageContaining("visual ARRAY")
        .hasMessageContaining("answer STRING");
  }

  @Test
  void aQuestionThatIsMissingNamesTheColumnsThereAreAndNothingIsWritten() throws Exception {
    write("table.parquet", 2);

    assertThatThrownBy(() -> batch("table.parquet", "questionColumn", "text"))
        .hasMessageContaining("no column named 'text'")
        .hasMessageContaining("[id, question, image]");

    assertThat(folder.resolve("answers.parquet")).doesNotExist();
  }

  @Test
  void anOutputWithOtherColumnsIsRefusedAndBothAreNamed() throws Exception {
    write("table.parquet", 2);
    write("answers.parquet", 1);

    assertThatThrownBy(() -> batch("table.parquet"))
        .hasMessageContaining("--output")
        .hasMessageContaining("[id BIGINT, question STRING, image BINARY]")
        .hasMessageContaining("answer STRING");
  }

  @Test
  void aFolderOfSomebodyElseOrOfARunThatGoesOnIsRefused() throws Exception {
    write("table.parquet", 2);
    Path output = Files.createDirectory(folder.resolve("answers.parquet"));
    Files.writeString(output.resolve("notes.txt"), "mine");
    assertThatThrownBy(() -> batch("table.parquet"))
        .hasMessageContaining("--output")
        .hasMessageContaining("[notes.txt]");
    Files.delete(output.resolve("notes.txt"));

    BatchLock other = BatchLock.of("file:" + output);
    assertThatThrownBy(() -> batch("table.parquet"))
        .hasMessageContaining("is being written by another run");
    other.close();
    assertThat(batch("table.parquet")).as(log()).isZero();
  }

  @Test
  void aTableThatIsNoneIsToldByItsFile() throws Exception {
    Files.writeString(folder.resolve("table.parquet"), "PAR1 but nothing of the kind PAR1");

    assertThat(drive(folder.resolve("table.parquet"))).as(log()).isOne();

    assertThat(log()).contains("table.parquet");
  }

  @Test
  void aMeshThatIsNotThereIsToldByItsAddress() throws Exception {
    write("table.parquet", 2);
    String there = address;
    address = "127.0.0.1:1";
    try {
      assertThatThrownBy(() -> batch("table.parquet")).hasMessageContaining("127.0.0.1:1");
    } finally {
      address = there;
    }
  }
}
