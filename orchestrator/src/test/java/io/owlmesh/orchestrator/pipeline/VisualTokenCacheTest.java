// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.Context;
import io.grpc.Status;
import io.owlmesh.model.text.ChatTemplate.Role;
import io.owlmesh.model.text.ChatTemplate.Turn;
import io.owlmesh.model.text.ChatTemplates;
import io.owlmesh.orchestrator.mesh.MeshReplicas;
import io.owlmesh.orchestrator.mesh.StageFailure;
import io.owlmesh.orchestrator.mesh.StageKind;
import io.owlmesh.proto.chat.v1.AnswerDone;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;

/** What questions share of the work on their images. */
@Timeout(60)
class VisualTokenCacheTest {
  private FakeStages stages;
  private MeshReplicas replicas;

  /** Holds up the vision stage, from when it is first asked until it is let go. */
  private final class HeldLook {
    private final CountDownLatch looking = new CountDownLatch(1);
    private final CountDownLatch go = new CountDownLatch(1);

    HeldLook() {
      stages.beforeVision =
          () -> {
            looking.countDown();
            await(go);
          };
    }

    void awaitLook() {
      await(looking);
    }

    void letGo() {
      go.countDown();
    }
  }

  @BeforeEach
  void open(TestInfo test) throws Exception {
    stages = new FakeStages(test.getDisplayName());
    replicas = stages.replicas(64);
  }

  @AfterEach
  void close() {
    replicas.close();
    stages.close();
  }

  private Pipeline pipeline(long bytes) {
    return new Pipeline(replicas, new VisualTokenCache(bytes), PipelineTest.TIMEOUTS, 1);
  }

  private static AnswerDone ask(Pipeline pipeline, Heard heard, String... images) {
    Turn turn = new Turn(Role.HUMAN, "Who?", images.length);
    return pipeline.answer(
        new ChatRequest(
            ChatTemplates.named("mplug-owl").orElseThrow().prompt("S", List.of(turn)),
            Stream.of(images).map(ByteString::copyFromUtf8).map(ImageContent::of).toList(),
            GenerationOptions.getDefaultInstance()),
        heard);
  }

  private static String text(String images) {
    return "S" + images + "\nHuman: Who?\nAI: +";
  }

  @Test
  void anImageAlreadySeenCallsNeitherVisionNorAbstractor() {
    Pipeline pipeline = pipeline(1 << 20);
    assertThat(ask(pipeline, new Heard(), "cat").getCachedImages()).isZero();
    Heard heard = new Heard();

    AnswerDone done = ask(pipeline, heard, "cat");

    assertThat(stages.calls(StageKind.VISION)).isEqualTo(1);
    assertThat(stages.calls(StageKind.ABSTRACTOR)).isEqualTo(1);
    assertThat(done.getCachedImages()).isEqualTo(1);
    assertThat(heard.cached).containsExactly("STAGE_VISION [0]", "STAGE_ABSTRACTOR [0]");
    assertThat(heard.text).hasToString(text("\nHuman: [cat]"));
  }

  @Test
  void onlyTheImagesThatAreNewAreLookedAt() {
    Pipeline pipeline = pipeline(1 << 20);
    ask(pipeline, new Heard(), "cat");
    List<String> encoded = new ArrayList<>();
    stages.lie =
        response -> {
          encoded.add(response.getFeatures().getData().toStringUtf8());
          return response;
        };
    Heard heard = new Heard();

    AnswerDone done = ask(pipeline, heard, "owl", "cat", "owl", "cat");

    assertThat(encoded).containsExactly("owl");
    assertThat(done.getCachedImages()).isEqualTo(2);
    assertThat(heard.text)
        .hasToString(text("\nHuman: [owl]\nHuman: [cat]\nHuman: [owl]\nHuman: [cat]"));
  }

  @Test
  void questionsAboutOneImageAtOnceLookAtItOnce() throws Exception {
    Pipeline pipeline = pipeline(0);
    HeldLook look = new HeldLook();
    List<CompletableFuture<AnswerDone>> answers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      answers.add(
          CompletableFuture.supplyAsync(
              () -> ask(pipeline, new Heard(), "cat"), Thread::startVirtualThread));
    }
    look.awaitLook();
    TimeUnit.MILLISECONDS.sleep(200); // All have asked for the image by then.
    look.letGo();

    assertThat(answers.stream().mapToInt(answer -> answer.join().getCachedImages()).sum())
        .isEqualTo(7);
    assertThat(stages.calls(StageKind.VISION)).isEqualTo(1);
  }

  @Test
  void whoWaitsForALookThatFailsLooksHimself() throws Exception {
    Pipeline pipeline = pipeline(1 << 20);
    HeldLook look = new HeldLook();
    Context.CancellableContext first = Context.current().withCancellation();
    Runnable ask = () -> ask(pipeline, new Heard(), "cat");
    CompletableFuture<Void> gone =
        CompletableFuture.runAsync(first.wrap(ask), Thread::startVirtualThread);
    look.awaitLook();
    CompletableFuture<AnswerDone> second =
        CompletableFuture.supplyAsync(
            () -> ask(pipeline, new Heard(), "cat"), Thread::startVirtualThread);
    TimeUnit.MILLISECONDS.sleep(200);

    first.cancel(null);
    look.letGo();

    assertThatThrownBy(gone::join).hasCauseInstanceOf(StageFailure.class);
    assertThat(second.join().getCachedImages()).isZero();
    assertThat(stages.calls(StageKind.VISION)).isEqualTo(2);
  }

  @Test
  void whoStopsWaitingForTheLookOfAnotherDoesNotEndIt() throws Exception {
    Pipeline pipeline = pipeline(1 << 20);
    HeldLook look = new HeldLook();
    CompletableFuture<AnswerDone> first =
        CompletableFuture.supplyAsync(
            () -> ask(pipeline, new Heard(), "cat"), Thread::startVirtualThread);
    look.awaitLook();
    Context.CancellableContext caller = Context.current().withCancellation();
    Runnable ask = () -> ask(pipeline, new Heard(), "cat");
    CompletableFuture<Void> impatient =
        CompletableFuture.runAsync(caller.wrap(ask), Thread::startVirtualThread);
    TimeUnit.MILLISECONDS.sleep(200);

    caller.cancel(null);

    assertThatThrownBy(impatient::join).hasCauseInstanceOf(StageFailure.class);
    look.letGo();
    assertThat(first.join().getCompletionTokens()).isEqualTo(2);
    assertThat(stages.calls(StageKind.VISION)).isEqualTo(1);
  }

  @Test
  void aLookThatFailedIsNotRemembered() {
    Pipeline pipeline = pipeline(1 << 20);
    stages.fail(StageKind.ABSTRACTOR, Status.INTERNAL, 1);
    assertThatThrownBy(() -> ask(pipeline, new Heard(), "cat")).isInstanceOf(StageFailure.class);

    assertThat(ask(pipeline, new Heard(), "cat").getCachedImages()).isZero();
  }

  @Test
  void tokensOfOtherWeightsThanExpectedAreNotRemembered() {
    Pipeline pipeline = pipeline(1 << 20);
    stages.vision = "another";
    ask(pipeline, new Heard(), "cat");

    assertThat(ask(pipeline, new Heard(), "cat").getCachedImages()).isZero();
    stages.vision = "V";
    assertThat(ask(pipeline, new Heard(), "cat").getCachedImages()).isZero();
    assertThat(ask(pipeline, new Heard(), "cat").getCachedImages()).isEqualTo(1);
  }

  @Test
  void tokensGoWhenRoomIsNeeded() {
    Pipeline pipeline = pipeline(1000);
    for (int i = 0; i < 100; i++) {
      ask(pipeline, new Heard(), "cat " + i);
    }
    int seen = stages.calls(StageKind.VISION);
    int cached = 0;
    for (int i = 0; i < 100; i++) {
      cached += ask(pipeline, new Heard(), "cat " + i).getCachedImages();
    }

    assertThat(seen).isEqualTo(100);
    assertThat(cached).isLessThan(1000 / 6);
    assertThat(stages.calls(StageKind.VISION)).isGreaterThan(120);
  }

  private static void await(CountDownLatch latch) {
    try {
      if (!latch.await(30, TimeUnit.SECONDS)) {
        throw new IllegalStateException("nothing came");
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
