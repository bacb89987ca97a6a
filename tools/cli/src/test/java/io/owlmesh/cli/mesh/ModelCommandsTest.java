// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.owlmesh.cli.OwlCalls;
import io.owlmesh.client.Address;
import io.owlmesh.proto.mesh.v1.AddModelRequest;
import io.owlmesh.proto.mesh.v1.Condition;
import io.owlmesh.proto.mesh.v1.Model;
import io.owlmesh.proto.mesh.v1.RemoveModelRequest;
import io.owlmesh.proto.mesh.v1.Replica;
import io.owlmesh.proto.mesh.v1.SetCanaryRequest;
import io.owlmesh.proto.mesh.v1.Stage;
import io.owlmesh.proto.mesh.v1.WatchResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is asked of an orchestrator about its models. */
class ModelCommandsTest {
  private static final WatchResponse STATE =
      WatchResponse.newBuilder()
          .addModels(
              Model.newBuilder()
                  .setName("owl-nano")
                  .setDefaultModel(true)
                  .setReady(true)
                  .setFamily("mplug-owl"))
          .addModels(
              Model.newBuilder()
                  .setName("llava")
                  .setReason("llm: the stage of model 'llava' is unavailable")
                  .setCanaryPercent(5))
          .addReplicas(
              Replica.newBuilder()
                  .setStage(Stage.STAGE_VISION)
                  .setAddress("10.0.0.1:9001")
                  .setCondition(Condition.CONDITION_SERVING)
                  .addModels("owl-nano")
                  .addModels("llava"))
          .build();

  @TempDir private Path home;
  private FakeOrchestrator orchestrator;
  private OwlCalls owl;

  @BeforeEach
  void start() throws Exception {
    orchestrator = new FakeOrchestrator(STATE);
    owl = new OwlCalls(home);
  }

  @AfterEach
  void end() {
    orchestrator.close();
  }

  private int models(String... words) {
    List<String> all = new ArrayList<>(List.of("models", "--address"));
    all.add(orchestrator.address());
    all.addAll(List.of(words));
    return owl.call(all.toArray(String[]::new));
  }

  @Test
  void allModelsAreListedAndWhyOneCannotBeAsked() {
    assertThat(models()).isZero();

    assertThat(owl.out.toString().replaceAll(" +", " "))
        .contains(
            "MODEL STATE FAMILY REASON",
            "owl-nano (default) ready mplug-owl",
            "llava not ready - llm: the stage of model 'llava' is unavailable");
  }

  @Test
  void programsGetThemAsJson() throws Exception {
    assertThat(models("--json")).isZero();

    JsonNode told = JsonMapper.builder().build().readTree(owl.out.toString());
    assertThat(told).hasSize(2);
    assertThat(told.at("/0/isDefault").asBoolean()).isTrue();
    assertThat(told.at("/1/ready").asBoolean()).isFalse();
  }

  @Test
  void whereSeveralServeAReplicaIsToldWithItsModels() {
    assertThat(MeshStatus.of(Address.parse(orchestrator.address())))
        .hasValueSatisfying(status ->
            assertThat(String.join("\n", status.lines()).replaceAll(" +", " "))
                .contains(
                    "MODELS STAGE ADDRESS STATE",
                    "owl-nano,llava vision 10.0.0.1:9001 serving",
                    "Canary of llava: other weights get 5 % of new work"));
  }

  @Test
  void aModelElsewhereIsAddedByItsPlacesAndRemovedByItsName() {
    assertThat(models("add", "llava", "--vision=a:1", "--abstractor=b:2", "--llm=dns:c:3"))
        .isZero();
    assertThat(models("remove", "llava")).isZero();

    assertThat(orchestrator.asked)
        .containsExactly(
            AddModelRequest.newBuilder()
                .setName("llava")
                .setVision("a:1")
                .setAbstractor("b:2")
                .setLlm("dns:c:3")
                .build(),
            RemoveModelRequest.newBuilder().setName("llava").build());
  }

  @Test
  void placesAreSaidAllOrNone() {
    assertThat(models("add", "llava", "--vision=a:1")).isEqualTo(2);
    assertThat(owl.err.toString()).contains("Say --checkpoint, or all of --vision");
    assertThat(models("add", "llava", "--vision=a:1", "--checkpoint=" + home)).isEqualTo(2);
    assertThat(models("add", "../llava", "--checkpoint=" + home)).isEqualTo(2);
    assertThat(owl.err.toString()).contains("'../llava' names no model");
    assertThat(models("add", "llava", "--checkpoint=" + home.resolve("none"))).isEqualTo(2);
    assertThat(orchestrator.asked).isEmpty();
  }

  @Test
  void theCanaryIsThatOfAModel() {
    assertThat(owl.call("canary", "5", "--model=llava", "--address", orchestrator.address()))
        .isZero();

    assertThat(orchestrator.asked)
        .containsExactly(SetCanaryRequest.newBuilder().setModel("llava").setPercent(5).build());
  }
}
