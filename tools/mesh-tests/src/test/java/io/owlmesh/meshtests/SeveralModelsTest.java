// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.owlmesh.client.MeshClient;
import io.owlmesh.launcher.Health;
import io.owlmesh.proto.chat.v1.AnswerOptions;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.proto.chat.v1.Conversation;
import io.owlmesh.proto.chat.v1.CreateSessionRequest;
import io.owlmesh.proto.chat.v1.DescribeRequest;
import io.owlmesh.proto.chat.v1.DescribeResponse;
import io.owlmesh.proto.chat.v1.Message;
import io.owlmesh.proto.chat.v1.NewMessage;
import io.owlmesh.proto.chat.v1.SendMessageRequest;
import io.owlmesh.proto.chat.v1.SendMessageResponse;
import io.owlmesh.proto.chat.v1.Session;
import io.owlmesh.proto.chat.v1.SessionSettings;
import io.owlmesh.proto.mesh.v1.AddModelRequest;
import io.owlmesh.proto.mesh.v1.Model;
import io.owlmesh.proto.mesh.v1.Replica;
import io.owlmesh.proto.mesh.v1.Stage;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One orchestrator before stages of two families, and of a third model that shares a stage. */
@TestInstance(Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class SeveralModelsTest {
  private static final Path LLAVA =
      Processes.ROOT.resolve(
          "lib/model/src/test/resources/llava-tiny/checkpoints/transformers-5-bf16");
  private static final List<String> STAGES = List.of("vision", "abstractor", "llm");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient http = HttpClient.newHttpClient();
  private Path folder;
  private Processes mesh;
  private ManagedChannel door;
  private MeshClient operator;
  private Dialogues.Golden golden;

  @BeforeAll
  void start(@TempDir Path logs) throws Exception {
    folder = Files.createDirectories(logs.resolve("models")); // Where the launcher keeps them.
    golden = Dialogues.aboutAnImage();
    mesh =
        Processes.mesh(
            logs,
            Processes.TINY_CHECKPOINT,
            Map.of(
                "OWL_HEALTH_INTERVAL", "0.2S",
                "OWL_DRAIN_TIMEOUT", "20S",
                "OWL_DTYPE", "float32"));
    for (String stage : STAGES) {
      mesh.add(stage, "llava-" + stage);
    }
    mesh.add("llm", "twin-llm");
    for (String name : List.of("orchestrator", "vision", "abstractor", "llm", "twin-llm")) {
      mesh.start(name, Map.of());
    }
    for (String stage : STAGES) {
      mesh.start("llava-" + stage, Map.of("OWL_CHECKPOINT", LLAVA.toString()));
    }
    for (String stage : STAGES) {
      mesh.await(stage, Health.SERVING);
      mesh.await("llava-" + stage, Health.SERVING);
    }
    mesh.await("twin-llm", Health.SERVING);
    mesh.await("orchestrator", Health.SERVING);
    door = mesh.connect("orchestrator");
    operator = new MeshClient(mesh.address("orchestrator"));
    write("llava", "llava-vision", "llava-abstractor", "llava-llm");
    awaitReady("llava");
  }

  @AfterAll
  void stop() {
    operator.close();
    door.shutdownNow();
    http.close();
    mesh.close();
  }

  private void write(String model, String vision, String abstractor, String llm)
      throws IOException {
    Path draft =
        Files.writeString(
            folder.resolve(model + ".draft"),
            "vision = %s%nabstractor = %s%nllm = %s%n"
                .formatted(mesh.address(vision), mesh.address(abstractor), mesh.address(llm)));
    Files.move(draft, folder.resolve(model + ".model"));
  }

  private void await(String what, Callable<Boolean> reached) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!reached.call()) {
      assertThat(System.nanoTime()).as(what).isLessThan(end);
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  private List<Model> models() throws Exception {
    return operator.state().getModelsList();
  }

  private void awaitReady(String model) throws Exception {
    await(
        model + " serves",
        () -> models().stream().anyMatch(one -> one.getName().equals(model) && one.getReady()));
  }

  private void awaitGone(String model) throws Exception {
    await(
        model + " is gone", () -> models().stream().noneMatch(one -> one.getName().equals(model)));
  }

  private AnswerCaller ask(String model) {
    Conversation conversation = golden.conversation().toBuilder().setModel(model).build();
    return AnswerCaller.ask(door, conversation, golden.images());
  }

  private DescribeResponse describe(String model) {
    return ChatGrpc.newBlockingStub(door)
        .describe(DescribeRequest.newBuilder().setModel(model).build());
  }

  private HttpResponse<String> get(String path) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create(mesh.http("orchestrator") + path)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> complete(String model) throws Exception {
    String body =
        """
        {"model":"%s","max_tokens":4,"messages":[{"role":"user","content":"What is this?"}]}
        """
            .formatted(model);
    return http.send(
        HttpRequest.newBuilder(URI.create(mesh.http("orchestrator") + "/v1/chat/completions"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private Session session(String model) {
    SessionSettings.Builder settings =
        SessionSettings.newBuilder().setOptions(AnswerOptions.newBuilder().setMaxNewTokens(4));
    if (!model.isEmpty()) {
      settings.setModel(model);
    }
    return ChatGrpc.newBlockingStub(door)
        .createSession(CreateSessionRequest.newBuilder().setSettings(settings).build())
        .getSession();
  }

  /** The answer to a turn. */
  private Message say(Session session) {
    Iterator<SendMessageResponse> events =
        ChatGrpc.newBlockingStub(door)
            .withDeadlineAfter(60, TimeUnit.SECONDS)
            .sendMessage(
                SendMessageRequest.newBuilder()
                    .setSessionId(session.getId())
                    .setSay(NewMessage.newBuilder().setText("And what is this?"))
                    .build());
    Message done = Message.getDefaultInstance();
    while (events.hasNext()) {
      SendMessageResponse event = events.next();
      done = event.hasDone() ? event.getDone() : done;
    }
    return done;
  }

  @Test
  @Order(1)
  void theModelIsChosenByItsNameAtTheDoorOfGrpc() {
    DescribeResponse usual = describe("");
    DescribeResponse llava = describe("llava");

    assertThat(usual.getModelsList()).containsExactly(usual.getModel(), "llava");
    assertThat(llava.getModel()).isEqualTo("llava");
    assertThat(llava.getVisualTokens()).isEqualTo(16).isNotEqualTo(usual.getVisualTokens());
    assertThat(ask("").text()).isEqualTo(golden.answer());
    assertThat(ask(usual.getModel()).text()).isEqualTo(golden.answer());
    AnswerCaller other = ask("llava");
    assertThat(other.status().isOk()).as(other.status().toString()).isTrue();
    assertThat(other.done().getVisualTokens()).isEqualTo(16);
    assertThat(other.text()).isNotEqualTo(golden.answer());
  }

  @Test
  @Order(2)
  void openAisDoorListsAllModelsAndAsksTheOneThatIsNamed() throws Exception {
    List<String> listed = new ArrayList<>();
    for (JsonNode model : JSON.readTree(get("/v1/models").body()).get("data")) {
      listed.add(model.get("id").asText() + " " + model.get("family").asText());
    }

    assertThat(listed).contains(describe("").getModel() + " mplug-owl", "llava llava");
    assertThat(JSON.readTree(get("/v1/models/llava").body()).get("visual_tokens").asInt())
        .isEqualTo(16);
    assertThat(complete("llava").statusCode()).isEqualTo(200);
    assertThat(complete(describe("").getModel()).statusCode()).isEqualTo(200);
    assertThat(JSON.readTree(get("/api/mesh?model=llava").body()).get("model").asText())
        .isEqualTo("llava");
  }

  @Test
  @Order(3)
  void anUnknownNameIsRefusedAtEveryDoor() throws Exception {
    HttpResponse<String> refused = complete("gpt-4o");
    JsonNode error = JSON.readTree(refused.body()).get("error");

    assertThat(refused.statusCode()).isEqualTo(404);
    assertThat(error.get("code").asText()).isEqualTo("model_not_found");
    assertThat(error.get("param").asText()).isEqualTo("model");
    assertThat(error.get("message").asText()).contains("'gpt-4o', there are [").contains("llava");
    assertThat(get("/v1/models/gpt-4o").statusCode()).isEqualTo(404);
    assertThat(ask("gpt-4o").status().getCode()).isEqualTo(Status.Code.NOT_FOUND);
    StatusRuntimeException session =
        catchThrowableOfType(StatusRuntimeException.class, () -> session("gpt-4o"));
    assertThat(session.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(session).hasMessageContaining("settings.model: 'gpt-4o', there are [");
  }

  @Test
  @Order(4)
  void aVisionStageThatTwoModelsNameIsOneReplica() throws Exception {
    write("twin", "vision", "abstractor", "twin-llm");
    awaitReady("twin");

    AnswerCaller twin = ask("twin");

    assertThat(twin.text()).isEqualTo(golden.answer());
    // The features of the picture are there from the other model's answer.
    assertThat(twin.done().getCachedImages()).isEqualTo(1);
    List<Replica> vision =
        operator.state().getReplicasList().stream()
            .filter(one -> one.getStage() == Stage.STAGE_VISION)
            .filter(one -> one.getModelsList().contains("twin"))
            .toList();
    assertThat(vision).hasSize(1);
    assertThat(vision.getFirst().getModelsList()).containsExactly(describe("").getModel(), "twin");
  }

  @Test
  @Order(5)
  void aModelOfWhichAStageIsMissingHurtsNoOther() throws Exception {
    mesh.kill("twin-llm");
    await(
        "the outage is known",
        () -> models().stream().anyMatch(one -> one.getReason().contains("of model 'twin'")));

    HttpResponse<String> refused = complete("twin");
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.body()).contains("the stage of model 'twin' is unavailable").contains("llm");
    assertThat(get("/v1/models").body()).contains("\"llava\"").doesNotContain("\"twin\"");
    assertThat(get("/health").statusCode()).isEqualTo(200);
    assertThat(ask("").text()).isEqualTo(golden.answer());
    assertThat(complete("llava").statusCode()).isEqualTo(200);
    mesh.start("twin-llm", Map.of());
    awaitReady("twin");
    assertThat(ask("twin").text()).isEqualTo(golden.answer());
  }

  @Test
  @Order(6)
  void aSessionStaysWithItsModelAndSaysSoWhenThatIsGone() throws Exception {
    Session first = session("twin");
    assertThat(first.getModel()).isEqualTo("twin");
    assertThat(say(first).getAnswer().getCompletionTokens()).isPositive();
    operator.removeModel("twin");
    awaitGone("twin");

    StatusRuntimeException refused =
        catchThrowableOfType(StatusRuntimeException.class, () -> say(first));

    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(refused).hasMessageContaining("the session wants 'twin', there are [");
    assertThat(say(session("")).getAnswer().getCompletionTokens()).isPositive();
    operator.addModel(
        AddModelRequest.newBuilder()
            .setName("twin")
            .setVision(mesh.address("vision").toString())
            .setAbstractor(mesh.address("abstractor").toString())
            .setLlm(mesh.address("twin-llm").toString())
            .build());
    awaitReady("twin");
    assertThat(say(first).getAnswer().getCompletionTokens()).isPositive();
  }

  @Test
  @Order(7)
  void modelsComeAndGoUnderLoadAndNoAnswerIsLost() throws Exception {
    AtomicBoolean enough = new AtomicBoolean();
    AtomicInteger answers = new AtomicInteger();
    AtomicInteger ofTwin = new AtomicInteger();
    Queue<String> wrong = new ConcurrentLinkedQueue<>();
    List<CompletableFuture<Void>> callers = new ArrayList<>();
    for (String model : List.of("", "llava", "twin", "twin")) {
      callers.add(
          CompletableFuture.runAsync(
              () -> {
                while (!enough.get()) {
                  AnswerCaller caller = ask(model);
                  Status status = caller.status();
                  boolean refused =
                      model.equals("twin")
                          && caller.text().isEmpty()
                          && (status.getCode() == Status.Code.NOT_FOUND
                              || status.getCode() == Status.Code.UNAVAILABLE);
                  if (!status.isOk() && !refused) {
                    wrong.add(model + ": " + status);
                  }
                  if (status.isOk()) {
                    answers.incrementAndGet();
                    ofTwin.addAndGet(model.equals("twin") ? 1 : 0);
                    if (!model.equals("llava") && !caller.text().equals(golden.answer())) {
                      wrong.add(model + " said " + caller.text());
                    }
                  }
                }
              },
              Thread::startVirtualThread));
    }
    for (int i = 0; i < 5; i++) {
      TimeUnit.MILLISECONDS.sleep(1_500);
      Files.delete(folder.resolve("twin.model"));
      awaitGone("twin");
      TimeUnit.MILLISECONDS.sleep(500);
      write("twin", "vision", "abstractor", "twin-llm");
      awaitReady("twin");
    }
    enough.set(true);
    for (CompletableFuture<Void> caller : callers) {
      caller.get(60, TimeUnit.SECONDS);
    }
    assertThat(wrong).isEmpty();
    assertThat(ofTwin).hasPositiveValue();
    System.out.printf(
        "%d answers, %d of them of the model that came and went%n", answers.get(), ofTwin.get());
  }
}
