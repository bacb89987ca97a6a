// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.owlmesh.core.HostTensor;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.weights.SafetensorsFile;
import io.owlmesh.runtime.EngineOptions;
import io.owlmesh.runtime.Precision;
import io.owlmesh.runtime.WeightLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the queries of connectors attend to. */
class ConnectorAttentionTest {
  private static final Path GOLDEN = Path.of("../model/src/test/resources");
  private static final String LAYER = "abstractor.encoder.layers.0.crossattention.";

  private static HostTensor attention(String checkpoint, HostTensor features, String question) {
    EngineOptions options = new EngineOptions("cpu", Precision.named("float32"), 1);
    try (VisualAbstractor connector =
        VisualAbstractor.load(
            Checkpoint.open(GOLDEN.resolve(checkpoint)), options, WeightLoader.Progress.NONE)) {
      return connector.attend(List.of(features), List.of(question)).getFirst();
    }
  }

  private static HostTensor golden(String folder, String name) {
    return at(SafetensorsFile.load(GOLDEN.resolve(folder).resolve("forward.safetensors")), name);
  }

  private static <T> T at(Map<String, T> map, String key) {
    return Objects.requireNonNull(map.get(key), key);
  }

  @Test
  void theFirstLayerAttendsAsTheFormulaSays() throws Exception {
    HostTensor features = golden("owl-tiny", "features/rgb.png");
    Path checkpoint = GOLDEN.resolve("owl-tiny/checkpoints/safetensors");
    Map<String, HostTensor> weights;
    try (Stream<Path> files = Files.list(checkpoint)) {
      weights =
          SafetensorsFile.load(
              files.filter(f -> f.toString().endsWith(".safetensors")).findFirst().orElseThrow());
    }
    double[][] queries = norm(rows(at(weights, "query_tokens")), weights, "norm1");
    double[][] keys = norm(rows(features), weights, "normk");

    HostTensor found = attention("owl-tiny/checkpoints/safetensors", features, "");

    assertThat(found.shape()).containsExactly(2, 6, 16);
    double[][] wanted = attention(queries, keys, weights, 2);
    float[] values = found.toFloats();
    for (int q = 0; q < 6; q++) {
      for (int p = 0; p < 16; p++) {
        assertThat((double) values[16 * q + p]).isCloseTo(wanted[q][p], within(1e-6));
      }
    }
  }

  /** The mean over heads of softmax(q k' / sqrt(d)) over queries and features, of the patches. */
  private static double[][] attention(
      double[][] queries, double[][] features, Map<String, HostTensor> weights, int heads) {
    double[][] kv = Stream.of(queries, features).flatMap(Stream::of).toArray(double[][]::new);
    double[][] q = linear(queries, weights, "query");
    double[][] k = linear(kv, weights, "key");
    int width = q[0].length / heads;
    int patches = features.length - 1;
    double[][] mean = new double[q.length][patches];
    for (int h = 0; h < heads; h++) {
      for (int i = 0; i < q.length; i++) {
        double[] e = new double[kv.length];
        double sum = 0;
        for (int j = 0; j < e.length; j++) {
          double score = 0;
          for (int c = h * width; c < (h + 1) * width; c++) {
            score += q[i][c] * k[j][c];
          }
          e[j] = Math.exp(score / Math.sqrt(width));
          sum += e[j];
        }
        for (int p = 0; p < patches; p++) {
          // Before the patches: the queries and the class token.
          mean[i][p] += e[q.length + 1 + p] / sum / heads;
        }
      }
    }
    return mean;
  }

  private static double[][] rows(HostTensor tensor) {
    float[] values = tensor.toFloats();
    int width = (int) tensor.shape()[tensor.shape().length - 1];
    double[][] rows = new double[values.length / width][width];
    for (int i = 0; i < values.length; i++) {
      rows[i / width][i % width] = values[i];
    }
    return rows;
  }

  private static double[][] norm(double[][] x, Map<String, HostTensor> weights, String name) {
    float[] scale = at(weights, LAYER + name + ".weight").toFloats();
    float[] shift = at(weights, LAYER + name + ".bias").toFloats();
    double[][] normed = new double[x.length][];
    for (int i = 0; i < x.length; i++) {
      double mean = DoubleStream.of(x[i]).average().orElseThrow();
      double variance = 0;
      for (double value : x[i]) {
        variance += (value - mean) * (value - mean) / x[i].length;
      }
      normed[i] = new double[x[i].length];
      for (int c = 0; c < x[i].length; c++) {
        normed[i][c] = (x[i][c] - mean) / Math.sqrt(variance + 1e-5) * scale[c] + shift[c];
      }
    }
    return normed;
  }

  private static double[][] linear(double[][] x, Map<String, HostTensor> weights, String name) {
    double[][] w = rows(at(weights, LAYER + "attention." + name + ".weight"));
    float[] b = at(weights, LAYER + "attention." + name + ".bias").toFloats();
    double[][] y = new double[x.length][w.length];
    for (int i = 0; i < x.length; i++) {
      for (int o = 0; o < w.length; o++) {
        y[i][o] = b[o];
        for (int c = 0; c < w[o].length; c++) {
          y[i][o] += w[o][c] * x[i][c];
        }
      }
    }
    return y;
  }

  @Test
  void theMapsOfAConnectorThatReadsTheQuestionDependOnIt() {
    HostTensor picture = golden("instructblip-tiny", "features/photo-b.jpg");
    String checkpoint = "instructblip-tiny/checkpoints/safetensors-sharded-bf16";

    HostTensor one = attention(checkpoint, picture, "What is unusual about this image?");
    HostTensor other = attention(checkpoint, picture, "How many birds are in the picture?");

    assertThat(one.shape()).isEqualTo(other.shape());
    assertThat(one.toFloats()).isNotEqualTo(other.toFloats());
    assertSharesOfOne(one);
  }

  @Test
  void theMapsOfQueriesAloneDoNot() {
    HostTensor picture = golden("owl-tiny", "features/rgb.png");
    String checkpoint = "owl-tiny/checkpoints/safetensors";

    HostTensor one = attention(checkpoint, picture, "What?");

    assertThat(one.toFloats()).isEqualTo(attention(checkpoint, picture, "Where?").toFloats());
    assertSharesOfOne(one);
  }

  private static void assertSharesOfOne(HostTensor maps) {
    float[] values = maps.toFloats();
    int patches = (int) maps.shape()[2];
    for (int row = 0; row < values.length / patches; row++) {
      double sum = 0;
      for (int p = 0; p < patches; p++) {
        assertThat(values[row * patches + p]).isBetween(0f, 1f);
        sum += values[row * patches + p];
      }
      assertThat(sum).isGreaterThan(0.01).isLessThanOrEqualTo(1.00001);
    }
  }

  @Test
  void aProjectionHasNoQueries() throws Exception {
    Path checkpoints = GOLDEN.resolve("llava-tiny/checkpoints");
    try (Stream<Path> all = Files.list(checkpoints)) {
      Path any = all.filter(Files::isDirectory).sorted().findFirst().orElseThrow();
      int[] shape = features(any);

      HostTensor found =
          attention(
              GOLDEN.relativize(any).toString(),
              HostTensor.ofFloats(new float[shape[0] * shape[1]], shape[0], shape[1]),
              "");

      assertThat(found.shape()).containsExactly(0, 0, shape[0]);
    }
  }

  private static int[] features(Path checkpoint) {
    var config = Checkpoint.open(checkpoint).config();
    return new int[] {config.featureTokens(), config.featureWidth()};
  }
}
