// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.meshtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.StreamObserver;
import io.owlmesh.meshtests.Dialogues.Golden;
import io.owlmesh.meshtests.Traces.Exported;
import io.owlmesh.proto.chat.v1.AnswerResponse;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.proto.chat.v1.DescribeRequest;
import io.owlmesh.proto.chat.v1.Stage;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Four processes on real ports, with the tiny model. */
class MeshTest {
  private static Traces traces;
  private static Processes mesh;
  private static ManagedChannel door;

  @BeforeAll
  static void start(@TempDir Path logs) throws Exception {
    traces = new Traces();
    Map<String, String> settings = new HashMap<>(traces.settings());
    // Every answer is to have the work of all stages.
    settings.put("OWL_VISUAL_CACHE_BYTES", "0");
    settings.put("OWL_HELD_IMAGE_BYTES", "0");
    settings.put("OWL_ADAPTERS", Processes.TINY.resolve("adapters").toString());
    mesh = Processes.mesh(logs, Processes.TINY_CHECKPOINT, settings).start();
    door = mesh.connect("orchestrator");
  }

  @AfterAll
  static void stop() throws Exception {
    door.shutdownNow();
    mesh.close();
    traces.close();
  }

  static List<Golden> dialogues() throws IOException {
    return Dialogues.all();
  }

  @ParameterizedTest
  @MethodSource("dialogues")
  void answersAreThoseOfTheReference(Golden golden) {
    AnswerCaller caller = AnswerCaller.ask(door, golden);

    assertThat(caller.status().getCode()).isEqualTo(Status.Code.OK);
    assertThat(caller.text()).isEqualTo(golden.answer());
    assertThat(caller.done().getPromptTokens()).isEqualTo(golden.promptTokens());
    assertThat(caller.done().getCompletionTokens()).isEqualTo(golden.newTokens());
  }

  @Test
  void callersAtTheSameTimeEachGetTheirOwnAnswer() throws Exception {
    List<Golden> dialogues = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      dialogues.addAll(Dialogues.all());
    }
    try (ExecutorService callers = Executors.newFixedThreadPool(12)) {
      List<Future<AnswerCaller>> answers =
          dialogues.stream()
              .map(golden -> callers.submit(() -> AnswerCaller.ask(door, golden)))
              .toList();
      for (int i = 0; i < answers.size(); i++) {
        AnswerCaller caller = answers.get(i).get();
        assertThat(caller.status().getCode()).isEqualTo(Status.Code.OK);
        assertThat(caller.text()).as(dialogues.get(i).name()).isEqualTo(dialogues.get(i).answer());
      }
    }
  }

  @Test
  void stagesReportEachImageBeforeTheFirstText() throws IOException {
    Golden golden =
        Dialogues.all().stream().filter(g -> g.images().size() == 2).findFirst().orElseThrow();

    List<AnswerResponse> events = AnswerCaller.ask(door, golden).events();

    List<AnswerResponse> stages = events.stream().filter(AnswerResponse::hasStage).toList();
    assertThat(events.subList(0, stages.size())).isEqualTo(stages);
    for (Stage stage : List.of(Stage.STAGE_VISION, Stage.STAGE_ABSTRACTOR)) {
      assertThat(stages)
          .filteredOn(event -> event.getStage().getStage() == stage)
          .extracting(event -> event.getStage().getImageIndex())
          .containsExactlyInAnyOrder(0, 1);
    }
    assertThat(events.getLast().hasDone()).isTrue();
  }

  @Test
  void aRequestIsOneTraceWithASpanForEachStage() throws Exception {
    Golden golden =
        Dialogues.all().stream().filter(g -> g.images().size() == 2).findFirst().orElseThrow();
    String id = "4bf92f3577b34da6a3ce929d0e0e4736";
    AnswerCaller caller = AnswerCaller.open(door, 60_000, "00-" + id + "-00f067aa0ba902b7-01");

    caller.send(golden.conversation(), golden.images());

    assertThat(caller.status().getCode()).isEqualTo(Status.Code.OK);
    assertThat(caller.done().getTraceId()).isEqualTo(id);
    Map<String, Exported> spans =
        traces.await(
            id, Set.of("owl.answer", "vision.encode", "abstractor.resample", "llm.generate"));
    Exported answer = at(spans, "owl.answer");
    assertThat(answer.service()).isEqualTo("owl-orchestrator");
    assertThat(answer.count("owl.images")).isEqualTo(2);
    assertThat(answer.count("owl.prompt_tokens")).isEqualTo(golden.promptTokens());
    assertThat(answer.count("owl.completion_tokens")).isEqualTo(golden.newTokens());
    Exported vision = at(spans, "vision.encode");
    assertThat(vision.service()).isEqualTo("owl-vision");
    assertThat(vision.count("owl.images")).isEqualTo(2);
    assertThat(vision.count("owl.tokens")).isEqualTo(2 * 17);
    Exported abstractor = at(spans, "abstractor.resample");
    assertThat(abstractor.service()).isEqualTo("owl-abstractor");
    assertThat(abstractor.count("owl.images")).isEqualTo(2);
    assertThat(abstractor.count("owl.tokens")).isEqualTo(2 * 7);
    Exported llm = at(spans, "llm.generate");
    assertThat(llm.service()).isEqualTo("owl-llm");
    assertThat(llm.count("owl.visual_tokens")).isEqualTo(2 * 7);
    assertThat(llm.count("owl.prompt_tokens")).isEqualTo(golden.promptTokens());
    assertThat(llm.count("owl.completion_tokens")).isEqualTo(golden.newTokens());
  }

  @Test
  void aRequestOverHttpIsOneTraceToo() throws Exception {
    String id = "5bf92f3577b34da6a3ce929d0e0e4736";
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(mesh.http("orchestrator") + "/v1/chat/completions"))
            .header("Content-Type", "application/json")
            .header("traceparent", "00-" + id + "-00f067aa0ba902b7-01")
            .POST(HttpRequest.BodyPublishers.ofString(completion(Dialogues.image("palette.png"))))
            .build();
    HttpResponse<String> response;
    try (HttpClient client = HttpClient.newHttpClient()) {
      response = client.send(request, HttpResponse.BodyHandlers.ofString());
    }

    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(response.headers().firstValue("x-request-id")).contains(id);
    Map<String, Exported> spans =
        traces.await(
            id, Set.of("owl.answer", "vision.encode", "abstractor.resample", "llm.generate"));
    assertThat(at(spans, "owl.answer").count("owl.images")).isEqualTo(1);
    assertThat(at(spans, "llm.generate").count("owl.completion_tokens")).isEqualTo(2);
  }

  private static String completion(ByteString image) {
    return """
    {"model": "safetensors", "max_completion_tokens": 2, "messages": [{"role": "user", "content":
      [{"type": "image_url", "image_url": {"url": "data:image/png;base64,%s"}}]}]}
    """
        .formatted(Base64.getEncoder().encodeToString(image.toByteArray()));
  }

  private static Exported at(Map<String, Exported> spans, String name) {
    return Objects.requireNonNull(spans.get(name), name);
  }

  @Test
  void callersWhoHaveNotAskedYetHoldUpNobody() throws IOException {
    Golden golden = Dialogues.aboutAnImage();
    List<AnswerCaller> idle = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      idle.add(
          AnswerCaller.open(door, 60_000, "00-" + "1".repeat(32) + "-" + "2".repeat(16) + "-00"));
    }

    assertThat(AnswerCaller.ask(door, golden).text()).isEqualTo(golden.answer());

    for (AnswerCaller caller : idle) {
      caller.send(golden.conversation(), golden.images());
    }
    for (AnswerCaller caller : idle) {
      assertThat(caller.status().getCode()).isEqualTo(Status.Code.OK);
      assertThat(caller.text()).isEqualTo(golden.answer());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "orchestrator, owlmesh.chat.v1.Chat",
    "vision, owlmesh.vision.v1.VisionEncoder",
    "abstractor, owlmesh.abstractor.v1.VisualAbstractor",
    "llm, owlmesh.llm.v1.LanguageModel"
  })
  void everyServiceTellsItsHealthAndItsContract(String service, String contract) {
    ManagedChannel channel = mesh.connect(service);
    try {
      for (String name : List.of("", contract)) {
        assertThat(
                HealthGrpc.newBlockingStub(channel)
                    .check(HealthCheckRequest.newBuilder().setService(name).build())
                    .getStatus())
            .isEqualTo(ServingStatus.SERVING);
      }
      assertThat(contracts(channel)).contains(contract, "grpc.health.v1.Health");
    } finally {
      channel.shutdownNow();
    }
  }

  private static List<String> contracts(ManagedChannel channel) {
    CompletableFuture<List<String>> names = new CompletableFuture<>();
    StreamObserver<ServerReflectionRequest> requests =
        ServerReflectionGrpc.newStub(channel)
            .withDeadlineAfter(30, TimeUnit.SECONDS)
            .serverReflectionInfo(
                new StreamObserver<>() {
                  @Override
                  public void onNext(ServerReflectionResponse response) {
                    names.complete(
                        response.getListServicesResponse().getServiceList().stream()
                            .map(service -> service.getName())
                            .toList());
                  }

                  @Override
                  public void onError(Throwable failure) {
                    names.completeExceptionally(failure);
                  }

                  @Override
                  public void onCompleted() {}
                });
    requests.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
    List<String> found = names.join();
    requests.onCompleted();
    return found;
  }

  @Test
  void theFrontDoorDescribesTheMesh() {
    var description = ChatGrpc.newBlockingStub(door).describe(DescribeRequest.getDefaultInstance());

    assertThat(description.getContext()).isEqualTo(2048);
    assertThat(description.getVisualTokens()).isEqualTo(7);
    assertThat(description.getAdaptersList()).contains("peft", "trainer-dump");
    assertThat(description.getDigestsList()).hasSize(3).allMatch(digest -> digest.length() == 64);
  }

  @Test
  void sameImagesAreSentOnOnceAndShownWhereverTheyStand() throws Exception {
    Golden golden =
        Dialogues.all().stream()
            .filter(g -> g.images().size() == 2 && g.images().get(0).equals(g.images().get(1)))
            .findFirst()
            .orElseThrow();
    String id = "7bf92f3577b34da6a3ce929d0e0e4736";
    AnswerCaller caller = AnswerCaller.open(door, 60_000, "00-" + id + "-00f067aa0ba902b7-01");

    caller.send(golden.conversation(), golden.images());

    assertThat(caller.status().getCode()).isEqualTo(Status.Code.OK);
    assertThat(caller.text()).isEqualTo(golden.answer());
    assertThat(at(traces.await(id, Set.of("vision.encode")), "vision.encode").count("owl.images"))
        .isEqualTo(1);
  }
}
