// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.spark.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.owlmesh.spark.OwlProcess;
import io.owlmesh.spark.SparkCluster;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * What tasks of Spark cost beside a mesh that answers sixteen questions at a time, each after so
 * many milliseconds; with {@code -Dowl.measure=ROWS} and {@code -Dowl.measure.millis}.
 */
@EnabledIfSystemProperty(named = "owl.measure", matches = "[0-9]+")
class SparkBatchCostTest {
  private static final int AT_ONCE = 16;

  private final int rows = Integer.getInteger("owl.measure", 20_000);
  private final int millis = Integer.getInteger("owl.measure.millis", 40);
  @TempDir private Path folder;

  /** Pictures of 1 x 1 to 32 x 32 pixels, no two the same. */
  private Path pictures() throws IOException {
    Path pictures = Files.createDirectory(folder.resolve("pictures"));
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < rows; i++) {
      int side = 1 + i % 32;
      BufferedImage picture = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
      picture.setRGB(0, 0, i * 31);
      Path file = pictures.resolve(i + ".png");
      ImageIO.write(picture, "png", file.toFile());
      lines.add("{\"id\": %d, \"image\": \"%s\", \"question\": \"What?\"}".formatted(i, file));
    }
    return Files.write(folder.resolve("rows.jsonl"), lines);
  }

  @Test
  void theDriverStaysAsLargeAsItIs() throws Exception {
    Path input = pictures();
    Process mesh = SparkBatchTest.startMesh("0", Integer.toString(millis));
    try {
      String address = mesh.inputReader(StandardCharsets.UTF_8).readLine();
      double plain = plain(input, address);
      double spark = spark(input, address);
      System.out.printf(
          "%d rows: a mesh can %.0f a second; ./owl batch %.0f, Spark %.0f (%.1f %%, %.1f %%)%n",
          rows,
          1_000.0 * AT_ONCE / millis,
          plain,
          spark,
          100 * plain * millis / 1_000 / AT_ONCE,
          100 * spark * millis / 1_000 / AT_ONCE);
      assertThat(spark).isPositive();
    } finally {
      mesh.destroyForcibly();
    }
  }

  private double plain(Path input, String address) throws Exception {
    long begin = System.nanoTime();
    int code =
        OwlProcess.builder(
                SparkCluster.ROOT.toString(),
                folder.toString(),
                List.of(
                    "batch",
                    "--input=" + input,
                    "--output=" + folder.resolve("plain.jsonl"),
                    "--concurrency=" + AT_ONCE,
                    "--address=" + address),
                Map.of("JAVA_HOME", System.getProperty("java.home")))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor();
    assertThat(code).isZero();
    return rows / ((System.nanoTime() - begin) / 1e9);
  }

  private double spark(Path input, String address) throws Exception {
    Map<String, String> settings =
        new TreeMap<>(
            Map.of(
                "spark.master",
                "local[2]",
                "spark.owlmesh.home",
                SparkCluster.ROOT.toString(),
                "spark.owlmesh.batch.input",
                "file:" + input,
                "spark.owlmesh.batch.output",
                "file:" + folder.resolve("answers.parquet"),
                "spark.owlmesh.batch.concurrency",
                Integer.toString(AT_ONCE)));
    long begin = System.nanoTime();
    Path log = folder.resolve("driver.log");
    Process driver =
        SparkCluster.driver(log, SparkBatch.class, settings, "batch", "--address=" + address);
    List<Long> memory = new ArrayList<>();
    for (int second = 1; !driver.waitFor(1, java.util.concurrent.TimeUnit.SECONDS); second++) {
      if (second % 10 == 0) {
        memory.add(resident(driver.pid()) >> 10);
      }
    }
    double seconds = (System.nanoTime() - begin) / 1e9;
    System.out.println("driver, MiB resident every ten seconds: " + memory);
    assertThat(driver.exitValue()).as(Files.readString(log)).isZero();
    return rows / seconds;
  }

  /** KiB. */
  private static long resident(long pid) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("[^0-9]", ""));
      }
    }
    return 0;
  }
}
