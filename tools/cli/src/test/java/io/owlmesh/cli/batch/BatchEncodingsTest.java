// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.batch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.owlmesh.cli.OwlCalls;
import io.owlmesh.proto.chat.v1.EncodeImageHeader;
import io.owlmesh.proto.chat.v1.ImageEncoding;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Features and visual tokens of many images. */
class BatchEncodingsTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @TempDir private Path home;
  private BusyChat mesh;
  private OwlCalls owl;
  private Path input;

  @BeforeEach
  void start() throws IOException {
    mesh = new BusyChat();
    owl = new OwlCalls(home);
    Files.write(home.resolve("a.png"), new byte[] {1, 2, 3});
    Files.write(home.resolve("b.png"), new byte[] {4, 5});
    input =
        Files.write(
            home.resolve("images.jsonl"),
            List.of("{\"image\": \"a.png\"}", "{\"image\": [\"a.png\", \"b.png\"]}"));
  }

  @AfterEach
  void end() {
    mesh.close();
  }

  private int batch(String kind) {
    return owl.call(
        "batch",
        "--output-kind=" + kind,
        "--input=" + input,
        "--output=" + home.resolve("out.jsonl"),
        "--concurrency=1",
        "--address=" + mesh.address());
  }

  private List<JsonNode> rows() throws IOException {
    List<JsonNode> rows = new ArrayList<>();
    for (String line : Files.readAllLines(home.resolve("out.jsonl"))) {
      rows.add(JSON.readTree(line));
    }
    return rows;
  }

  private static List<Float> floats(JsonNode tensor) throws IOException {
    List<Float> values = new ArrayList<>();
    ByteBuffer bytes =
        ByteBuffer.wrap(tensor.path("float32").binaryValue()).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      values.add(bytes.getFloat());
    }
    return values;
  }

  @Test
  void everyImageIsEncodedOnceThoughTheMeshIsFullNowAndThen() throws Exception {
    mesh.refuseNext(3);
    assertThat(batch("visual-tokens")).as(owl.err.toString()).isZero();

    assertThat(rows()).hasSize(2);
    JsonNode two = rows().getLast();
    assertThat(two.path("encoding").asText()).isEqualTo("visual-tokens");
    assertThat(two.path("visual")).hasSize(2);
    assertThat(two.path("visual").get(0).path("shape").toString()).isEqualTo("[1,3]");
    assertThat(floats(two.path("visual").get(0))).containsExactly(1f, 2f, 3f);
    assertThat(floats(two.path("visual").get(1))).containsExactly(4f, 5f);
    assertThat(two.path("weights").toString()).isEqualTo("[\"vision\",\"abstractor\"]");

    assertThat(batch("visual-tokens")).isZero();
    assertThat(mesh.encoded()).hasSize(3);
    assertThat(owl.out.toString()).contains("2 answered before");
  }

  @Test
  void featuresAreKnownByTheVisionEncoderAlone() throws Exception {
    assertThat(batch("visual-features")).as(owl.err.toString()).isZero();
    assertThat(floats(rows().getFirst().path("visual").get(0))).containsExactly(-1f, -2f, -3f);
    assertThat(mesh.encoded())
        .extracting(EncodeImageHeader::getEncoding)
        .containsOnly(ImageEncoding.IMAGE_ENCODING_FEATURES);

    mesh.become("another language model");
    assertThat(batch("visual-features")).isZero();
    assertThat(mesh.encoded()).hasSize(3);
    assertThat(batch("visual-tokens")).isZero();
    assertThat(mesh.encoded()).hasSize(6);
  }

  @Test
  void weightsThatChangeWhileItRunsEndIt() throws Exception {
    mesh.changeAbstractor();

    assertThat(batch("visual-tokens")).isNotZero();

    assertThat(owl.err.toString()).contains("start the command again");
    assertThat(rows()).isEmpty();
  }

  @Test
  void aKindThatIsNoneNamesThoseThereAre() {
    assertThat(batch("pixels")).isNotZero();

    assertThat(owl.err.toString())
        .contains("--output-kind", "pixels", "[answers, visual-features, visual-tokens]");
  }
}
