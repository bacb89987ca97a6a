// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.grpc;

import static io.owlmesh.llm.grpc.GenerateCalls.TINY;
import static io.owlmesh.llm.grpc.GenerateCalls.generate;
import static io.owlmesh.llm.grpc.GenerateCalls.refusal;
import static io.owlmesh.llm.grpc.GenerateCalls.text;
import static io.owlmesh.llm.grpc.GenerateCalls.visualTokens;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.owlmesh.proto.llm.v1.GenerateResponse;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import io.owlmesh.proto.llm.v1.LoadAdapterRequest;
import io.owlmesh.proto.llm.v1.PromptPart;
import io.owlmesh.proto.llm.v1.UnloadAdapterRequest;
import io.owlmesh.proto.stage.v1.AdapterVersion;
import io.owlmesh.proto.stage.v1.Load;
import io.owlmesh.proto.stage.v1.ReplicaState;
import io.owlmesh.proto.stage.v1.WatchResponse;
import io.owlmesh.stage.WatchedReplica;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the service tells of itself, and the names that requests give to what it holds. */
@Timeout(120)
class LlmWatchTest {
  private static final GenerationOptions SHORT =
      GenerationOptions.newBuilder().setMaxNewTokens(4).build();

  private TinyLlm service;
  private WatchedReplica watched;

  @BeforeEach
  void start() throws Exception {
    service = TinyLlm.start(TINY.resolve("adapters"));
    watched = WatchedReplica.of(LanguageModelGrpc.newStub(service.channel())::watch);
  }

  @AfterEach
  void stop() {
    watched.close();
    service.close();
  }

  private static PromptPart named(String chain, String text) {
    return text(text).toBuilder().setChain(ByteString.copyFromUtf8(chain)).build();
  }

  private PromptPart image(String key) {
    return PromptPart.newBuilder()
        .setVisualTokens(visualTokens(service, anImage()))
        .setImageKey(ByteString.copyFromUtf8(key))
        .build();
  }

  private static String anImage() {
    return GenerateCalls.images().getFirst();
  }

  private static PromptPart held(String key) {
    return PromptPart.newBuilder().setHeldImage(ByteString.copyFromUtf8(key)).build();
  }

  private static List<Integer> ids(List<GenerateResponse> responses) {
    return responses.stream()
        .filter(GenerateResponse::hasToken)
        .map(response -> response.getToken().getId())
        .toList();
  }

  @Test
  void theFirstReportHasTheAdaptersAndTheRoom() throws Exception {
    WatchResponse first = watched.next();

    assertThat(first.getState()).isEqualTo(ReplicaState.REPLICA_STATE_SERVING);
    assertThat(first.getAdapters().getAdaptersList())
        .extracting(AdapterVersion::getName)
        .containsExactly("peft", "trainer-dump");
    assertThat(first.getAdapters().getAdapters(0).getDigest()).matches("[0-9a-f]{64}");
    assertThat(first.getLoad().getBlocks()).isPositive();
    assertThat(first.getLoad().getFreeBlocks()).isEqualTo(first.getLoad().getBlocks());
    assertThat(first.getLoad().getMaxRunning()).isEqualTo(2);
  }

  @Test
  void whatIsInWorkIsToldAndThenTheRates() throws Exception {
    generate(
        service, List.of(text("Human: what?")), SHORT.toBuilder().setMaxNewTokens(200).build());

    Load load = watched.await(report -> report.getLoad().getDecodeRate() > 0).getLoad();
    // Before it ran it waited, which is told in a moment of its own.
    WatchResponse idle =
        watched.await(report ->
            report.getLoad().getRunning() == 0 && report.getLoad().getWaitingPositions() == 0);

    assertThat(load.getPrefillRate()).isPositive();
    assertThat(idle.getLoad().getRunningPositions()).isZero();
    assertThat(idle.getLoad().getWaiting()).isZero();
  }

  @Test
  void anAdapterThatComesOrGoesIsTold() throws Exception {
    var stub = LanguageModelGrpc.newBlockingStub(service.channel());
    watched.next();
    var _ = stub.unloadAdapter(UnloadAdapterRequest.newBuilder().setName("peft").build());
    WatchResponse without = watched.await(WatchResponse::hasAdapters);
    var _ = stub.loadAdapter(LoadAdapterRequest.newBuilder().setName("peft").build());
    WatchResponse with = watched.await(WatchResponse::hasAdapters);

    assertThat(without.getAdapters().getAdaptersCount()).isEqualTo(1);
    assertThat(with.getAdapters().getAdaptersCount()).isEqualTo(2);
  }

  @Test
  void aNameEndsWithTheLastFullBlockAtOrBeforeTheEndOfItsPart() throws Exception {
    List<PromptPart> parts =
        List.of(
            named("system", "The following is a conversation about owls and pictures. ".repeat(5)),
            named("first", "Human: what is it that you see there? AI: "),
            image("owl").toBuilder().setChain(ByteString.copyFromUtf8("image")).build(),
            named("tiny", "."),
            named("whole", "Human: why do you think so, and since when, and what else? AI:"));

    List<GenerateResponse> answer = generate(service, parts, SHORT);
    watched.await(_ -> watched.chains().containsKey("whole"));

    int prompt = answer.getFirst().getAccepted().getPromptTokens();
    int before =
        service
                .stage()
                .engine()
                .tokenizer()
                .encode(parts.get(0).getText() + parts.get(1).getText())
                .length
            + 1;
    int visual = answer.getFirst().getAccepted().getVisualTokens();
    int system = service.stage().engine().tokenizer().encode(parts.get(0).getText()).length + 1;
    assertThat(watched.chains())
        .containsEntry("whole", prompt / 16 * 16)
        .containsEntry("first", before / 16 * 16)
        .containsEntry("image", (before + visual) / 16 * 16)
        .containsKey("tiny");
    assertThat(watched.chains().get("system")).isBetween((system - 2) / 16 * 16, system / 16 * 16);
  }

  @Test
  void aNameOfLessThanABlockIsNeverTold() throws Exception {
    generate(service, List.of(named("short", "a"), named("long", "why ".repeat(40))), SHORT);
    watched.await(_ -> watched.chains().containsKey("long"));

    assertThat(watched.chains()).containsOnlyKeys("long");
  }

  @Test
  void aBeginningThatLostItsRoomIsToldAndIsNotThere() throws Exception {
    List<PromptPart> first = List.of(named("first", "Human: " + "why ".repeat(60)));
    generate(service, first, SHORT);
    watched.await(_ -> watched.chains().containsKey("first"));
    int cached =
        generate(service, first, SHORT).getLast().getFinished().getUsage().getCachedPromptTokens();
    // Other prompts until there was no room left for it.
    for (int i = 0; watched.chains().containsKey("first"); i++) {
      generate(service, List.of(named("other" + i, i + " because ".repeat(60))), SHORT);
      int last = i;
      watched.await(_ -> watched.chains().containsKey("other" + last));
    }

    int again =
        generate(service, first, SHORT).getLast().getFinished().getUsage().getCachedPromptTokens();

    assertThat(cached).isPositive();
    assertThat(again).isLessThan(cached);
  }

  @Test
  void aHeldImageIsReadAsIfItHadBeenSentAgain() throws Exception {
    List<PromptPart> sent = List.of(text("Human: "), image("owl"), text(" what?\nAI: "));
    List<Integer> expected = ids(generate(service, sent, SHORT));
    watched.await(_ -> watched.images().contains("owl"));

    List<GenerateResponse> answer =
        generate(service, List.of(sent.get(0), held("owl"), sent.get(2)), SHORT);

    assertThat(ids(answer)).isEqualTo(expected);
    assertThat(answer.getFirst().getAccepted().getVisualTokens()).isPositive();
  }

  @Test
  void anImageThatIsNotHeldIsAskedForByItsField() {
    Status status = refusal(service, List.of(held("unknown")), SHORT);

    assertThat(status.getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(status.getDescription()).startsWith("held_image: is not kept");
  }

  @Test
  void imagesBeyondTheirRoomAreForgottenAndToldAsGone() throws Exception {
    int most = 1 << 20;
    int bytes = visualTokens(service, anImage()).getData().size();
    int count = most / bytes + 20;
    for (int i = 0; i < count; i++) {
      generate(service, List.of(image("image" + i), text("what?")), SHORT);
    }
    watched.await(_ -> watched.images().contains("image" + (count - 1)));
    watched.await(report -> report.getLoad().getRunning() == 0);

    assertThat(watched.images()).hasSizeBetween(1, most / bytes);
    String there = watched.images().iterator().next();
    assertThat(generate(service, List.of(held(there), text("what?")), SHORT)).isNotEmpty();
  }

  @Test
  void namesOutOfTheirBoundsAreRefused() {
    String longest = "x".repeat(32);
    assertThat(generate(service, List.of(named(longest, "a"), image(longest)), SHORT)).isNotEmpty();
    for (PromptPart wrong :
        List.of(
            named(longest + "x", "a"),
            image(longest + "x"),
            held(longest + "x"),
            held(""),
            text("a").toBuilder().setImageKey(ByteString.copyFromUtf8("x")).build())) {
      Status status = refusal(service, List.of(wrong), SHORT);

      assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    }
  }
}
