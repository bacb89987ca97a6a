// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.batch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.owlmesh.cli.OwlCalls;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many questions, asked of a front door that is full now and then. */
class BatchCommandTest {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  @TempDir private Path home;
  private BusyChat mesh;
  private OwlCalls owl;

  @BeforeEach
  void start() throws IOException {
    mesh = new BusyChat();
    owl = new OwlCalls(home);
  }

  @AfterEach
  void end() {
    mesh.close();
  }

  private int batch(Path input, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "batch",
                "--input=" + input,
                "--output=" + home.resolve("answers.jsonl"),
                "--address=" + mesh.address()));
    arguments.addAll(List.of(more));
    return owl.call(arguments.toArray(String[]::new));
  }

  private Path questions(String... lines) throws IOException {
    Files.write(home.resolve("a.png"), new byte[] {1, 2, 3});
    Files.write(home.resolve("b.png"), new byte[] {4, 5});
    return Files.write(home.resolve("questions.jsonl"), List.of(lines));
  }

  private List<JsonNode> answers() throws IOException {
    List<JsonNode> rows = new ArrayList<>();
    for (String line : Files.readAllLines(home.resolve("answers.jsonl"))) {
      rows.add(JSON.readTree(line));
    }
    return rows;
  }

  @Test
  void everyRowIsAnsweredThoughTheMeshIsFullNowAndThen() throws Exception {
    mesh.refuseNext(4);
    Path input =
        questions(
            "{\"image\": \"a.png\", \"question\": \"What?\"}",
            "{\"image\": [\"a.png\", \"b.png\"], \"question\": \"Which?\"}",
            "{\"question\": \"Who?\"}");

    assertThat(batch(input)).as(owl.err.toString()).isZero();

    assertThat(answers()).hasSize(3);
    assertThat(answers())
        .extracting(row -> row.path("answer").asText())
        .containsExactlyInAnyOrder("What? of 3 bytes", "Which? of 5 bytes", "Who? of 0 bytes");
    assertThat(answers().getFirst().path("weights")).hasSize(3);
    assertThat(mesh.priorities()).containsOnly(-100);
    assertThat(owl.out.toString()).containsPattern(" 3 answered\\n");
  }

  @Test
  void aSecondRunAsksWhatIsMissingAndAnotherModelIsAskedAllAgain() throws Exception {
    Path input = questions("{\"question\": \"One?\"}", "{\"question\": \"Two?\"}");
    assertThat(batch(input)).isZero();
    Files.writeString(
        home.resolve("answers.jsonl"),
        "{\"row\": 3, \"key\": \"cut o",
        java.nio.file.StandardOpenOption.APPEND);
    questions("{\"question\": \"One?\"}", "{\"question\": \"Two?\"}", "{\"question\": \"Three?\"}");

    assertThat(batch(input)).isZero();
    assertThat(mesh.asked()).containsExactlyInAnyOrder("One?", "Two?", "Three?");
    assertThat(answers()).hasSize(3);

    mesh.become("other weights");
    assertThat(batch(input)).isZero();
    assertThat(mesh.asked()).hasSize(6);
  }

  @Test
  void whatCannotBeAnsweredIsCountedByItsReasonAndAskedAgainNextTime() throws Exception {
    Path input =
        questions("{\"question\": \"bad\"}", "{\"image\": \"none.png\", \"question\": \"What?\"}");

    assertThat(batch(input)).isOne();

    assertThat(owl.out.toString())
        .contains("1 INVALID_ARGUMENT")
        .contains("1 image cannot be read");
    assertThat(answers()).allMatch(row -> row.hasNonNull("error"));
    assertThat(mesh.asked()).containsExactly("bad");
    assertThat(batch(input)).isOne();
    assertThat(mesh.asked()).hasSize(2);
  }

  @Test
  void imagesOfAFolderAreAskedTheSameQuestion() throws Exception {
    questions();
    assertThat(batch(home, "--question=What is it?")).isZero();

    assertThat(mesh.asked()).containsExactly("What is it?", "What is it?");
  }

  /** A shard with files of some bytes, or texts. */
  private void shard(String name, String... namesAndTexts) throws IOException {
    try (TarArchiveOutputStream tar =
        new TarArchiveOutputStream(Files.newOutputStream(home.resolve(name)))) {
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
  void samplesOfAWebDatasetAreAskedAboutTheirOwnImages() throws Exception {
    shard(
        "photos-0.tar", "7.json", "{\"question\": \"Which?\"}", "7.0.png", "123", "7.1.png", "45");
    shard("photos-1.tar", "8.jpg", "1234", "8.txt", "a caption", "9.png", "1", "9.json", "{}");

    assertThat(batch(home.resolve("photos-*.tar"), "--question=What?"))
        .as(owl.err.toString())
        .isZero();

    assertThat(answers())
        .extracting(row -> row.path("answer").asText())
        .containsExactlyInAnyOrder("Which? of 5 bytes", "What? of 4 bytes", "What? of 1 bytes");
  }

  @Test
  void aSampleWithoutAQuestionIsNamed() throws Exception {
    shard("photos.tar", "7.png", "123", "7.json", "{\"caption\": \"a\"}");

    assertThat(batch(home.resolve("photos.tar"))).isOne();

    assertThat(owl.err.toString())
        .contains("photos.tar:7", "no text named 'question'", "[caption]");
  }

  @Test
  void aQuestionThatIsMissingNamesTheColumnsThereAre() throws Exception {
    Path input = questions("{\"text\": \"What?\", \"image\": \"a.png\"}");

    assertThat(batch(input)).isNotZero();

    assertThat(owl.err.toString())
        .contains("questions.jsonl:1", "no text named 'question'", "[text, image]");
  }
}
