// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.mesh.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFolderTest {
  private static final String PLACES =
      """
      vision = 10.0.0.1:9001   # shared with another
      abstractor=10.0.0.1:9002

      llm = 10.0.0.1:9003,10.0.0.2:9003
      """;

  private final Path folder;
  private final ModelFolder models;
  private volatile Map<String, ModelPlaces> told = Map.of();

  ModelFolderTest(@TempDir Path folder) {
    this.folder = folder;
    this.models = new ModelFolder(folder);
  }

  @AfterEach
  void close() {
    models.close();
  }

  private void write(String name, String text) throws IOException {
    Path draft = Files.writeString(folder.resolve(name + ".draft"), text);
    Files.move(draft, folder.resolve(name + ".model"), StandardCopyOption.REPLACE_EXISTING);
  }

  private void await(Set<String> names) throws InterruptedException {
    for (int tries = 0; tries < 500 && !told.keySet().equals(names); tries++) {
      TimeUnit.MILLISECONDS.sleep(10);
    }
    assertThat(told.keySet()).isEqualTo(names);
  }

  @Test
  void aFileTellsWhereAModelIs() throws Exception {
    write("llava-1.5", PLACES + "default-adapter = polite\n");
    models.watch(now -> told = now);
    await(Set.of("llava-1.5"));

    assertThat(told)
        .containsValue(
            new ModelPlaces(
                "llava-1.5",
                "10.0.0.1:9001",
                "10.0.0.1:9002",
                "10.0.0.1:9003,10.0.0.2:9003",
                "polite"));
  }

  @Test
  void modelsComeAndGoWithTheirFiles() throws Exception {
    models.watch(now -> told = now);
    write("a", PLACES);
    await(Set.of("a"));
    write("b", PLACES);
    await(Set.of("a", "b"));
    Files.delete(folder.resolve("a.model"));
    await(Set.of("b"));
  }

  @Test
  void aWrongFileChangesNothingForTheOthers() throws Exception {
    write("good", PLACES);
    write("wrong", "vision = nowhere\n");
    write("-bad-name", PLACES);
    write("long", "#".repeat(40_000));
    write("no-host", PLACES.replace("10.0.0.1:9001", "10.0.0.300:9001"));
    write("no-name", PLACES.replace("10.0.0.1:9001", "owl_vision:9001"));
    models.watch(now -> told = now);
    await(Set.of("good"));
    write("wrong", PLACES);
    await(Set.of("good", "wrong"));
  }

  @Test
  void aModelWhoseFileBecomesWrongStaysAsItWas() throws Exception {
    write("a", PLACES);
    models.watch(now -> told = now);
    await(Set.of("a"));
    Map<String, ModelPlaces> before = told;
    write("a", "vision = 1\n");
    write("b", PLACES);
    await(Set.of("a", "b"));
    assertThat(told.get("a")).isEqualTo(before.get("a"));
  }

  @Test
  void ofTooManyThoseThatServeStay() throws Exception {
    write("z", PLACES);
    models.watch(now -> told = now);
    await(Set.of("z"));
    for (int i = 0; i < 70; i++) {
      write("m" + i, PLACES);
    }
    for (int tries = 0; tries < 500 && told.size() < ModelFolder.MAX_MODELS; tries++) {
      TimeUnit.MILLISECONDS.sleep(10);
    }
    assertThat(told).hasSize(ModelFolder.MAX_MODELS).containsKey("z");
  }

  @Test
  void aFolderThatGoesAwayTakesNoModelWithIt() throws Exception {
    write("a", PLACES);
    models.watch(now -> told = now);
    await(Set.of("a"));
    Files.delete(folder.resolve("a.model"));
    Files.delete(folder);
    TimeUnit.MILLISECONDS.sleep(700);
    assertThat(told).containsKey("a");
  }

  @Test
  void whatIsWrittenIsWhatIsRead() throws Exception {
    ModelPlaces places =
        new ModelPlaces("new", "10.0.0.1:9001", "dns:a.example:9002", "10.0.0.1:9003", "polite");
    models.add(places);
    models.watch(now -> told = now);
    await(Set.of("new"));
    assertThat(told).containsValue(places);
    assertThat(catchThrowableOfType(OwlException.class, () -> models.add(places)).fault())
        .isEqualTo(Fault.CONFLICT);
    models.remove("new");
    await(Set.of());
    assertThat(catchThrowableOfType(OwlException.class, () -> models.remove("new")).fault())
        .isEqualTo(Fault.NOT_FOUND);
  }

  @Test
  void nothingIsWrittenThatWouldNotBeRead() {
    ModelPlaces lines =
        new ModelPlaces("a", "10.0.0.1:1\nllm = 10.0.0.1:2", "10.0.0.1:2", "10.0.0.1:3", "");
    ModelPlaces outside = new ModelPlaces("../a", "10.0.0.1:1", "10.0.0.1:2", "10.0.0.1:3", "");

    assertThatThrownBy(() -> models.add(lines)).hasMessageContaining("llm is there twice");
    assertThatThrownBy(() -> models.add(outside)).hasMessageContaining("'../a'; a model's name is");
    assertThatThrownBy(() -> models.remove("../a")).hasMessageContaining("a model's name is");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void aMistakeIsNamed() {
    assertThatThrownBy(() -> ModelPlaces.parse("a.model", "a", "vision = x:1\n"))
        .hasMessage("a.model: abstractor is missing");
    assertThatThrownBy(() -> ModelPlaces.parse("a.model", "a", PLACES + "llm = x:1\n"))
        .hasMessage("a.model: llm is there twice");
    assertThatThrownBy(() -> ModelPlaces.parse("a.model", "a", PLACES + "lm = x:1\n"))
        .hasMessageContaining("a.model: line 5 is none of vision, abstractor, llm");
    assertThatThrownBy(() -> ModelPlaces.parse("a.model", "a", "vision =\n"))
        .hasMessageContaining("a.model: vision has 0 characters");
  }
}
