// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Jobs that cannot be, in a driver whose executor is this JVM. */
@Timeout(120)
class TrainingRefusalsTest {
  private static final String ROOM = "spark.executor.memoryOverhead";

  @TempDir private Path folder;
  private final PrintStream terminal = System.err;
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();

  @AfterEach
  void restoreTerminal() {
    System.setErr(terminal);
  }

  private SparkConf conf(String room) {
    return new SparkConf(false)
        .setMaster("local[1]")
        .set("spark.owlmesh.home", SparkCluster.ROOT.toString())
        .set("spark.owlmesh.directory", folder.toString())
        .set(ROOM, room);
  }

  private int train(SparkConf conf, String recipe) throws InterruptedException {
    TrainingSettings settings = TrainingSettings.of(conf, List.of("train", recipe));
    System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
    try (JavaSparkContext spark = new JavaSparkContext(SparkTraining.configured(conf, settings))) {
      return new SparkTraining(spark, settings).run();
    }
  }

  @Test
  void whatAWorkerRefusesIsToldByTheDriverAndNotTriedAgain() throws Exception {
    Path recipe = Files.writeString(folder.resolve("recipe.yaml"), "name: tiny\n");

    assertThat(train(conf("512m"), recipe.toString())).isOne();

    assertThat(said.toString(StandardCharsets.UTF_8))
        .contains("Worker 0", "ended with code 1:", "output: is missing")
        .doesNotContain("all go on");
  }

  @Test
  void aJobWhoseMachineHasNoRoomForItsWorkersIsRefusedAndTheSettingIsNamed() throws Exception {
    assertThat(train(conf("8192g"), "recipe.yaml")).isOne();

    assertThat(said.toString(StandardCharsets.UTF_8))
        .containsPattern(ROOM + " is 8388608 MiB, and this machine has only \\d+ MiB left");
  }

  @Test
  void roomForWorkersMustBeGivenAndEnough() {
    SparkConf none = conf("512m").remove(ROOM);

    assertThatThrownBy(() -> TrainingSettings.of(none, List.of("train", "recipe.yaml")))
        .hasMessageContaining(ROOM + " is not set");
    assertThatThrownBy(() -> TrainingSettings.of(conf("100m"), List.of("train", "recipe.yaml")))
        .hasMessage(ROOM + " is 100 MiB, at least 512 are needed");
  }

  @Test
  void aSettingOutOfRangeIsRefusedAndNamed() {
    SparkConf many = conf("512m").set("spark.owlmesh.workers", "4000");
    SparkConf relative = conf("512m").set("spark.owlmesh.home", "owlmesh");

    assertThatThrownBy(() -> TrainingSettings.of(many, List.of("train", "recipe.yaml")))
        .hasMessage("spark.owlmesh.workers is 4000, allowed is 1 to 1024");
    assertThatThrownBy(() -> TrainingSettings.of(relative, List.of("train", "recipe.yaml")))
        .hasMessageContaining("spark.owlmesh.home is 'owlmesh', it must be a whole path");
  }
}
