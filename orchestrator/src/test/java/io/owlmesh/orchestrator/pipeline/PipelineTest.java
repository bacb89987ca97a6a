// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import com.google.protobuf.ByteString;
import io.grpc.Context;
import io.grpc.Status;
import io.owlmesh.core.ErrorCode;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.text.ChatTemplate.Role;
import io.owlmesh.model.text.ChatTemplate.Turn;
import io.owlmesh.model.text.ChatTemplates;
import io.owlmesh.orchestrator.mesh.MeshReplicas;
import io.owlmesh.orchestrator.mesh.StageFailure;
import io.owlmesh.orchestrator.mesh.StageKind;
import io.owlmesh.orchestrator.mesh.StageTimeouts;
import io.owlmesh.proto.chat.v1.AnswerDone;
import io.owlmesh.proto.chat.v1.AnswerSpan;
import io.owlmesh.proto.chat.v1.SpanPhase;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import io.owlmesh.wire.identity.Caller;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;

/** The journey of a question past stages that fail, lie and wait. */
@Timeout(60)
class PipelineTest {
  static final StageTimeouts TIMEOUTS =
      new StageTimeouts(Duration.ofMinutes(1), Duration.ofMinutes(1), Duration.ofMinutes(1));

  private FakeStages stages;
  private MeshReplicas replicas;
  private Pipeline pipeline;
  private final Heard heard = new Heard();

  @BeforeEach
  void open(TestInfo test) throws Exception {
    stages = new FakeStages(test.getDisplayName());
    replicas = stages.replicas(4);
    pipeline = new Pipeline(replicas, new VisualTokenCache(1 << 20), TIMEOUTS, 3);
  }

  @AfterEach
  void close() {
    replicas.close();
    stages.close();
  }

  private static ChatRequest about(String... images) {
    Turn turn = new Turn(Role.HUMAN, "Who?", images.length);
    return new ChatRequest(
        ChatTemplates.named("mplug-owl").orElseThrow().prompt("S", List.of(turn)),
        Stream.of(images).map(ByteString::copyFromUtf8).map(ImageContent::of).toList(),
        GenerationOptions.getDefaultInstance());
  }

  private Fault faultOf(ChatRequest question) {
    Throwable failure = catchThrowable(() -> pipeline.answer(question, heard));
    return failure instanceof StageFailure f ? f.fault().fault() : ((OwlException) failure).fault();
  }

  @Test
  void imagesReachTheirPlacesAndEqualOnesAreLookedAtOnce() {
    AnswerDone done = pipeline.answer(about("cat", "owl", "cat"), heard);

    assertThat(heard.text)
        .hasToString("S\nHuman: [cat]\nHuman: [owl]\nHuman: [cat]\nHuman: Who?\nAI: +");
    assertThat(heard.stages)
        .containsExactlyInAnyOrder(
            "STAGE_VISION [0, 2]",
            "STAGE_VISION [1]",
            "STAGE_ABSTRACTOR [0, 2]",
            "STAGE_ABSTRACTOR [1]");
    assertThat(done.getCompletionTokens()).isEqualTo(2);
  }

  @Test
  void anAnswerTellsItsWayAndWhere() {
    AnswerDone done = pipeline.answer(about("cat", "owl"), heard);

    assertThat(done.getSpansList())
        .extracting(AnswerSpan::getPhase, AnswerSpan::getImageIndex)
        .containsExactlyInAnyOrder(
            tuple(SpanPhase.SPAN_PHASE_VISION, 0),
            tuple(SpanPhase.SPAN_PHASE_VISION, 1),
            tuple(SpanPhase.SPAN_PHASE_ABSTRACTOR, 0),
            tuple(SpanPhase.SPAN_PHASE_ABSTRACTOR, 1),
            tuple(SpanPhase.SPAN_PHASE_PREFILL, 0),
            tuple(SpanPhase.SPAN_PHASE_DECODE, 0));
    assertThat(done.getSpansList())
        .isSortedAccordingTo(Comparator.comparingLong(AnswerSpan::getStartMicros))
        .allSatisfy(span -> {
          assertThat(span.getStartMicros()).isBetween(0L, span.getEndMicros());
          assertThat(span.getEndMicros()).isLessThanOrEqualTo(done.getTimings().getTotalMicros());
          assertThat(span.getReplica()).startsWith("inprocess:");
          assertThat(span.getReason()).isNotEmpty();
        });
  }

  @Test
  void whereReplicasAreIsNotToldWhereCallersNeedCredentials() throws Exception {
    Caller operator =
        new Caller("key:a", "default", Set.of(io.owlmesh.core.identity.Role.OPERATOR));

    AnswerDone done = operator.context().call(() -> pipeline.answer(about("cat"), heard));

    assertThat(done.getSpansList()).isNotEmpty().allMatch(span -> span.getReplica().isEmpty());
  }

  @Test
  void whatCameBeforeANewImageReachesTheLanguageModelWhileTheImageIsLookedAt() {
    pipeline.answer(about("cat"), heard);
    String before = "S\nHuman: [cat]\nHuman: ";
    // The look goes on once the rest has come; else this test does not end.
    stages.beforeVision =
        () -> {
          while (!stages.shown.equals(before)) {
            Thread.onSpinWait();
          }
        };

    pipeline.answer(about("cat", "owl"), heard);

    assertThat(stages.shown).isEqualTo("S\nHuman: [cat]\nHuman: [owl]\nHuman: Who?\nAI: ");
  }

  @Test
  void aQuestionWithoutImagesCallsTheLanguageModelAlone() {
    pipeline.answer(about(), heard);

    assertThat(stages.calls(StageKind.VISION)).isZero();
    assertThat(stages.calls(StageKind.ABSTRACTOR)).isZero();
    assertThat(stages.calls(StageKind.LLM)).isEqualTo(1);
  }

  @Test
  void lookingIsTriedAgainWhileAStageIsUnavailable() {
    stages.fail(StageKind.VISION, Status.UNAVAILABLE, 2);

    pipeline.answer(about("cat"), heard);

    assertThat(heard.text).asString().contains("[cat]");
    assertThat(stages.calls(StageKind.VISION)).isEqualTo(3);
  }

  @Test
  void lookingIsNotTriedAgainWhenTheImageIsToBlame() {
    stages.fail(StageKind.VISION, Status.INVALID_ARGUMENT, 1);

    assertThat(faultOf(about("cat"))).isEqualTo(Fault.BAD_INPUT);
    assertThat(stages.calls(StageKind.VISION)).isEqualTo(1);
  }

  @Test
  void speakingIsNeverTriedAgain() {
    stages.fail(StageKind.LLM, Status.UNAVAILABLE, 1);

    assertThat(faultOf(about())).isEqualTo(Fault.UNAVAILABLE);
    assertThat(stages.calls(StageKind.LLM)).isEqualTo(1);
  }

  @Test
  void aStageThatKeepsFailingIsLeftAloneAndTheOthersAreNotBlamed() {
    stages.fail(StageKind.LLM, Status.UNAVAILABLE, 5);
    for (int i = 0; i < 5; i++) {
      faultOf(about());
    }

    OwlException refused =
        catchThrowableOfType(OwlException.class, () -> pipeline.answer(about(), heard));

    assertThat(refused.fault()).isEqualTo(Fault.UNAVAILABLE);
    assertThat(refused).hasMessageContaining("llm: the stage keeps failing");
    assertThat(stages.calls(StageKind.LLM)).isEqualTo(5);
  }

  @Test
  void refusedQuestionsDoNotCountAsFailuresOfTheStage() {
    stages.fail(StageKind.LLM, Status.INVALID_ARGUMENT, 20);
    for (int i = 0; i < 20; i++) {
      assertThat(faultOf(about())).isEqualTo(Fault.BAD_INPUT);
    }

    pipeline.answer(about(), heard);

    assertThat(stages.calls(StageKind.LLM)).isEqualTo(21);
  }

  @Test
  void aDefectThatOneRequestMeetsDoesNotTakeTheStageAway() {
    stages.fail(StageKind.LLM, Status.INTERNAL, 20);
    for (int i = 0; i < 20; i++) {
      assertThat(faultOf(about())).isEqualTo(Fault.INTERNAL);
    }

    pipeline.answer(about(), heard);

    assertThat(stages.calls(StageKind.LLM)).isEqualTo(21);
  }

  @Test
  void callersWithTooLittleTimeDoNotTakeTheStageAwayFromOthers() throws Exception {
    stages.fail(StageKind.LLM, Status.DEADLINE_EXCEEDED, 20);
    try (ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
        Context.CancellableContext caller =
            Context.current().withDeadlineAfter(1, TimeUnit.HOURS, clock)) {
      for (int i = 0; i < 20; i++) {
        assertThat(caller.call(() -> faultOf(about()))).isEqualTo(Fault.TOO_LATE);
      }
    }

    pipeline.answer(about(), heard);

    assertThat(stages.calls(StageKind.LLM)).isEqualTo(21);
  }

  @Test
  void aStageThatIsTooLateForOurOwnDeadlineIsLeftAlone() {
    stages.fail(StageKind.LLM, Status.DEADLINE_EXCEEDED, 5);
    for (int i = 0; i < 5; i++) {
      assertThat(faultOf(about())).isEqualTo(Fault.TOO_LATE);
    }

    assertThat(faultOf(about())).isEqualTo(Fault.UNAVAILABLE);
  }

  @Test
  void aStageThatAnswersForAnotherImageFailsTheQuestion() {
    stages.lie = response -> response.toBuilder().setId("7").build();

    assertThat(faultOf(about("cat"))).isEqualTo(Fault.INTERNAL);
  }

  @Test
  void aCallerWhoGoesAwayEndsTheWait() throws Exception {
    stages.tokens = 100_000;
    CountDownLatch began = new CountDownLatch(1);
    Heard slow =
        new Heard() {
          @Override
          public void whenReady(Runnable next) {
            began.countDown(); // And never reads on.
          }
        };
    Context.CancellableContext caller = Context.current().withCancellation();
    Runnable ask = () -> pipeline.answer(about("cat"), slow);
    CompletableFuture<Void> answer =
        CompletableFuture.runAsync(caller.wrap(ask), Thread::startVirtualThread);
    assertThat(began.await(30, TimeUnit.SECONDS)).isTrue();

    caller.cancel(null);

    assertThatThrownBy(answer::join).hasCauseInstanceOf(StageFailure.class);
  }

  @Test
  void aSlowReaderPausesTheLanguageModel() throws Exception {
    stages.tokens = 100_000;
    CountDownLatch began = new CountDownLatch(1);
    CompletableFuture<Runnable> rest = new CompletableFuture<>();
    Heard slow =
        new Heard() {
          @Override
          public void whenReady(Runnable next) {
            if (rest.isDone()) {
              next.run();
            } else {
              rest.complete(next);
              began.countDown();
            }
          }
        };
    CompletableFuture<AnswerDone> answer =
        CompletableFuture.supplyAsync(
            () -> pipeline.answer(about(), slow), Thread::startVirtualThread);
    assertThat(began.await(30, TimeUnit.SECONDS)).isTrue();

    TimeUnit.MILLISECONDS.sleep(200);
    int sent = stages.tokensSent.get();
    TimeUnit.MILLISECONDS.sleep(200);
    assertThat(stages.tokensSent.get()).isEqualTo(sent).isLessThan(stages.tokens);
    rest.join().run();

    assertThat(answer.join().getCompletionTokens()).isEqualTo(stages.tokens);
  }

  @Test
  void callsBeyondTheLimitOfAStageAreRefusedAtOnce() throws Exception {
    stages.tokens = 100_000;
    CountDownLatch began = new CountDownLatch(4);
    Heard stuck =
        new Heard() {
          @Override
          public void whenReady(Runnable next) {
            began.countDown();
          }
        };
    Context.CancellableContext callers = Context.current().withCancellation();
    for (int i = 0; i < 4; i++) {
      Thread.startVirtualThread(callers.wrap(() -> answerNothing(stuck)));
    }
    assertThat(began.await(30, TimeUnit.SECONDS)).isTrue();

    assertThat(faultOf(about())).isEqualTo(Fault.SATURATED);
    callers.cancel(null);
  }

  private void answerNothing(Heard stuck) {
    assertThatThrownBy(() -> pipeline.answer(about(), stuck)).isInstanceOf(StageFailure.class);
  }

  private Pipeline impatient() {
    Duration little = Duration.ofMillis(200);
    return new Pipeline(
        replicas, new VisualTokenCache(1 << 20), new StageTimeouts(little, little, little), 3);
  }

  private StageFailure silence(ChatRequest question) {
    return catchThrowableOfType(StageFailure.class, () -> impatient().answer(question, heard));
  }

  @Test
  void aStageThatHangsIsGivenUpAndNamed() {
    stages.hang(StageKind.LLM);
    assertThat(silence(about()).fault())
        .hasMessage("llm: the stage sent no first token for 0.2 s")
        .returns(ErrorCode.STAGE_UNAVAILABLE, OwlException::code);
    stages.hang(StageKind.ABSTRACTOR);
    assertThat(silence(about("cat")).fault())
        .hasMessage("abstractor: the stage sent no visual tokens for 0.2 s");
    stages.hang(StageKind.VISION);
    assertThat(silence(about("owl")).fault())
        .hasMessage("vision: the stage sent no features for 0.2 s");
    assertThat(stages.calls(StageKind.VISION)).as("not tried again").isEqualTo(2);
  }

  @Test
  void aStageThatStopsAmidAnAnswerIsGivenUp() {
    stages.stopAfterFirstToken = true;

    assertThat(silence(about()).fault())
        .hasMessage("llm: the stage sent no further token for 0.2 s");
  }

  @Test
  void aCallersDeadlineIsToldWithTheStageAndNotInTheWordsOfALibrary() {
    stages.hang(StageKind.LLM);
    var clock = java.util.concurrent.Executors.newSingleThreadScheduledExecutor();
    Context.CancellableContext caller =
        Context.current().withDeadlineAfter(200, TimeUnit.MILLISECONDS, clock);
    Context outer = caller.attach();
    try {
      StageFailure late =
          catchThrowableOfType(StageFailure.class, () -> pipeline.answer(about(), heard));
      assertThat(late.fault())
          .hasMessage("llm: the time for the answer ended in the stage")
          .returns(Fault.TOO_LATE, OwlException::fault);
    } finally {
      caller.detach(outer);
      caller.cancel(null);
      clock.shutdownNow();
    }
  }
}
