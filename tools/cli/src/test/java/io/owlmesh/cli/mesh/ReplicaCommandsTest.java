// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.owlmesh.cli.OwlCalls;
import io.owlmesh.proto.chat.v1.Weights;
import io.owlmesh.proto.mesh.v1.Condition;
import io.owlmesh.proto.mesh.v1.DrainRequest;
import io.owlmesh.proto.mesh.v1.Replica;
import io.owlmesh.proto.mesh.v1.ResumeRequest;
import io.owlmesh.proto.mesh.v1.SetCanaryRequest;
import io.owlmesh.proto.mesh.v1.Stage;
import io.owlmesh.proto.mesh.v1.WatchResponse;
import io.owlmesh.proto.stage.v1.Load;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is asked of an orchestrator about its replicas. */
class ReplicaCommandsTest {
  private static final WatchResponse STATE =
      WatchResponse.newBuilder()
          .addReplicas(
              Replica.newBuilder()
                  .setStage(Stage.STAGE_VISION)
                  .setAddress("10.0.0.1:9001")
                  .setCondition(Condition.CONDITION_SERVING))
          .addReplicas(
              Replica.newBuilder()
                  .setStage(Stage.STAGE_LLM)
                  .setAddress("10.0.0.2:9003")
                  .setCondition(Condition.CONDITION_OTHER_WEIGHTS)
                  .setReason("it serves weights 89ab")
                  .setDigest("0123456789abcdef".repeat(4))
                  .setLoad(Load.newBuilder().setWaiting(3).setRunning(16))
                  .setOutstanding(7)
                  .setPrefixHitPercent(83.6)
                  .setCanary(true))
          .setWaitingAnswers(4)
          .setRunningAnswers(23)
          .setCanaryPercent(5)
          .setCanaryEnded("its error rate was 12 % beside 0 %")
          .build();

  @TempDir private Path home;
  private FakeOrchestrator orchestrator;
  private OwlCalls owl;

  @BeforeEach
  void start() throws Exception {
    orchestrator = new FakeOrchestrator(STATE);
    owl = new OwlCalls(home);
    Files.createDirectories(home.resolve("run"));
    ProcessHandle self = ProcessHandle.current();
    Files.writeString(
        home.resolve("run/mesh.json"),
        """
        {"mode": "mesh", "checkpoint": "nano", "host": "127.0.0.1", "services": [{"name":
          "orchestrator", "pid": %d, "started": %d, "port": %d, "log": "o.log"}]}
        """
            .formatted(
                self.pid(),
                self.info().startInstant().map(Instant::toEpochMilli).orElseThrow(),
                orchestrator.port()));
  }

  @AfterEach
  void end() {
    orchestrator.close();
  }

  @Test
  void statusListsAllReplicasAsTheOrchestratorSeesThem() {
    owl.call("status");

    assertThat(owl.out.toString().replaceAll(" +", " "))
        .contains(
            "STAGE ADDRESS STATE WAITING RUNNING OUTSTANDING HITS DIGEST REASON",
            "vision 10.0.0.1:9001 serving - - 0 - -",
            "llm 10.0.0.2:9003 other weights (canary) 3 16 7 84 % 0123456789ab it serves weights",
            "Answers: 4 waiting, 23 running",
            "Canary: other weights get 5 % of new work",
            "Canary ended: its error rate was 12 % beside 0 %");
  }

  @Test
  void statusForProgramsHasThemAsWell() throws Exception {
    owl.call("status", "--json");

    JsonNode replicas =
        JsonMapper.builder().build().readTree(owl.out.toString()).required("replicas");
    assertThat(replicas.required("runningAnswers").asInt()).isEqualTo(23);
    assertThat(replicas.at("/replicas/0/waiting").isNull()).isTrue();
    assertThat(replicas.at("/replicas/1/condition").asText()).isEqualTo("other weights");
    assertThat(replicas.at("/replicas/1/hitPercent").asDouble()).isEqualTo(83.6);
  }

  @Test
  void theLastReplicaIsDrainedWhenForced() {
    assertThat(owl.call("drain", "llm", "10.0.0.2:9003")).isOne();
    assertThat(owl.err.toString()).contains("it is the last one of the llm stage");

    assertThat(owl.call("drain", "llm", "10.0.0.2:9003", "--force")).isZero();
    assertThat(owl.out.toString()).contains("llm 10.0.0.2:9003 gets no more work");
    assertThat(orchestrator.asked)
        .last()
        .isEqualTo(
            DrainRequest.newBuilder()
                .setStage(Stage.STAGE_LLM)
                .setAddress("10.0.0.2:9003")
                .setForce(true)
                .build());
  }

  @Test
  void aDrainedReplicaIsTakenBack() {
    assertThat(owl.call("drain", "vision", "10.0.0.1:9001", "--resume")).isZero();

    assertThat(owl.out.toString()).contains("vision 10.0.0.1:9001 takes work again");
    assertThat(orchestrator.asked)
        .containsExactly(
            ResumeRequest.newBuilder()
                .setStage(Stage.STAGE_VISION)
                .setAddress("10.0.0.1:9001")
                .build());
  }

  private Path questions() throws IOException {
    return Files.writeString(
        home.resolve("questions.jsonl"),
        """
        {"text": "A chat.\\nHuman: Is the sky blue?\\nAI: Yes."}
        {"text": "A chat.\\nHuman: Is grass blue?\\nAI: No."}
        """);
  }

  @Test
  void weightsThatAnswerAsWellAsThoseInUseGetTheirShare() throws Exception {
    orchestrator.answers.put(Weights.WEIGHTS_IN_USE, "yes");
    orchestrator.answers.put(Weights.WEIGHTS_CANARY, "No.");
    String file = questions().toString();

    assertThat(owl.call("canary", "5", "--eval", file, "--address", orchestrator.address()))
        .isZero();

    assertThat(owl.out.toString())
        .contains("Weights in use: 50.0 % right", "Weights tried: 50.0 % right", "get 5 %");
    assertThat(orchestrator.asked)
        .containsExactly(
            Weights.WEIGHTS_IN_USE,
            Weights.WEIGHTS_IN_USE,
            Weights.WEIGHTS_CANARY,
            Weights.WEIGHTS_CANARY,
            SetCanaryRequest.newBuilder().setPercent(5).build());
  }

  @Test
  void weightsThatAnswerWorseGetNothingAndItIsSaidWhy() throws Exception {
    orchestrator.answers.put(Weights.WEIGHTS_IN_USE, "yes");
    String file = questions().toString();

    assertThat(owl.call("canary", "5", "--eval", file, "--address", orchestrator.address()))
        .isOne();

    String why = "of 2 questions they answered 0.0 % right, the weights in use 50.0 %";
    assertThat(owl.out.toString()).contains("Other weights get nothing: " + why);
    assertThat(orchestrator.asked)
        .last()
        .isEqualTo(SetCanaryRequest.newBuilder().setEnded(why).build());
    assertThat(
            owl.call(
                "canary", "5", "--eval", file, "--drop=50", "--address", orchestrator.address()))
        .isZero();
  }

  @Test
  void theCanaryGetsItsShare() {
    assertThat(owl.call("canary", "5", "--address", orchestrator.address())).isZero();

    assertThat(owl.out.toString()).contains("Other weights get 5 % of new work");
    assertThat(orchestrator.asked)
        .containsExactly(SetCanaryRequest.newBuilder().setPercent(5).build());
  }

  @Test
  void whatCannotBeIsWrongUsage() {
    assertThat(owl.call("canary", "101")).isEqualTo(2);
    assertThat(owl.err.toString()).contains("PERCENT must be 0 to 100, not 101.");
    assertThat(owl.call("drain", "ears", "10.0.0.1:9001")).isEqualTo(2);
    assertThat(owl.err.toString()).contains("there is no stage 'ears'");
    assertThat(orchestrator.asked).isEmpty();
  }
}
