// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplicasTest {
  @TempDir private Path home;
  private Path checkpoint;

  @BeforeEach
  void build() throws Exception {
    for (String module :
        List.of("orchestrator", "vision-service", "abstractor-service", "llm-service")) {
      Path app = Files.createDirectories(home.resolve(module).resolve("target/quarkus-app"));
      Files.createFile(app.resolve("quarkus-run.jar"));
    }
    checkpoint = Files.createDirectory(home.resolve("checkpoint"));
  }

  private MeshPlan plan(Map<String, Integer> replicas, Map<String, String> settings)
      throws Exception {
    MeshPorts ports = new MeshPorts(9_000, OptionalInt.empty());
    MeshOptions options = new MeshOptions(false, checkpoint, "127.0.0.1", ports, settings);
    return MeshPlan.of(home, options, new Replicas(replicas), new RunFolder(home));
  }

  @Test
  void eachReplicaIsAServiceWithAPortOfItsOwn() throws Exception {
    MeshPlan plan = plan(Map.of("vision", 2, "llm", 3), Map.of());

    assertThat(plan.services())
        .extracting(one -> one.name() + " " + one.port())
        .containsExactly(
            "orchestrator 9000",
            "vision 9001",
            "vision-2 9002",
            "abstractor 9003",
            "llm 9004",
            "llm-2 9005",
            "llm-3 9006");
    assertThat(plan.services().get(5).environment()).containsEntry("OWL_PORT", "9005");
  }

  @Test
  void theOrchestratorFindsThemInFilesAlsoWhereThereIsOneOfEach() throws Exception {
    MeshPlan plan = plan(Map.of(), Map.of());
    plan.writeAddresses(new RunFolder(home));

    assertThat(plan.services().getFirst().environment())
        .containsEntry("OWL_LLM", "file:" + home.resolve("llm.addresses").toAbsolutePath());
    assertThat(home.resolve("llm.addresses")).hasContent("127.0.0.1:9003\n");
  }

  @Test
  void aFurtherModelHasStagesOfItsOwnAndAFileThatNamesThem() throws Exception {
    LocalModel llava = new LocalModel("llava", home.resolve("other"), Map.of("OWL_ADAPTERS", "b"));
    MeshOptions options =
        new MeshOptions(
            false,
            checkpoint,
            "127.0.0.1",
            new MeshPorts(9_000, OptionalInt.empty()),
            Optional.empty(),
            Map.of("OWL_ADAPTERS", "a", "OWL_DEFAULT_ADAPTER", "polite"),
            List.of(llava));
    RunFolder run = new RunFolder(home);
    MeshPlan plan = MeshPlan.of(home, options, new Replicas(Map.of("llava.llm", 2)), run);
    plan.writeAddresses(run);

    assertThat(plan.services())
        .extracting(one -> one.name() + " " + one.port())
        .containsExactly(
            "orchestrator 9000",
            "vision 9001",
            "abstractor 9002",
            "llm 9003",
            "llava.vision 9004",
            "llava.abstractor 9005",
            "llava.llm 9006",
            "llava.llm-2 9007");
    assertThat(plan.services().getFirst().environment())
        .containsEntry("OWL_MODELS", home.resolve("models").toAbsolutePath().toString());
    assertThat(plan.services().getLast().environment())
        .containsEntry("OWL_CHECKPOINT", home.resolve("other").toString())
        .containsEntry("OWL_ADAPTERS", "b")
        .doesNotContainKey("OWL_DEFAULT_ADAPTER");
    assertThat(home.resolve("llava.llm.addresses")).hasContent("127.0.0.1:9006\n127.0.0.1:9007\n");
    assertThat(home.resolve("models/llava.model"))
        .content()
        .contains("vision = file:" + home.resolve("llava.vision.addresses").toAbsolutePath());
    assertThatThrownBy(() -> new LocalModel("../llava", checkpoint, Map.of()))
        .hasMessageContaining("'../llava' names no model");
  }

  @Test
  void replicasShareTheCoresAndTheCache() throws Exception {
    MeshPlan plan = plan(Map.of("llm", 4), Map.of());
    int cores = Math.max(1, Runtime.getRuntime().availableProcessors() / 4);

    assertThat(plan.services().get(1).command()).noneMatch(word -> word.contains("Processor"));
    for (ServicePlan replica : plan.services().subList(3, 7)) {
      assertThat(replica.command()).contains("-XX:ActiveProcessorCount=" + cores);
      assertThat(replica.environment()).containsEntry("OWL_CACHE_BYTES", "536870912");
    }
  }

  @Test
  void aCacheThatWasChosenIsLeft() throws Exception {
    MeshPlan plan = plan(Map.of("llm", 2), Map.of("OWL_CACHE_BYTES", "1000000"));

    assertThat(plan.services().getLast().environment()).containsEntry("OWL_CACHE_BYTES", "1000000");
  }

  @Test
  void moreLanguageModelsThanFitAreRefused() throws Exception {
    try (RandomAccessFile weights =
        new RandomAccessFile(checkpoint.resolve("model.safetensors").toFile(), "rw")) {
      weights.setLength(1L << 41);
    }

    assertThatThrownBy(() -> plan(Map.of("llm", 2), Map.of()))
        .isInstanceOf(MeshException.class)
        .hasMessageContaining("2 language models of about 2048.4 GiB do not fit");
    assertThat(plan(Map.of("llm", 2), Map.of("OWL_DEVICE", "cuda:0")).services()).hasSize(5);
  }

  @Test
  void aStageThatIsNoneAndACountThatCannotBeAreRefused() {
    assertThatThrownBy(() -> new Replicas(Map.of("ears", 2)))
        .hasMessage("There is no stage 'ears'; there are vision, abstractor, llm.");
    assertThatThrownBy(() -> new Replicas(Map.of("llm", 0)))
        .hasMessage("llm=0: a stage has 1 to 24 replicas.");
    assertThatThrownBy(() -> new Replicas(Map.of("llm", 25)))
        .hasMessage("llm=25: a stage has 1 to 24 replicas.");
  }
}
