// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.text.ChatTemplate.Role;
import io.owlmesh.model.text.ChatTemplate.Turn;
import io.owlmesh.model.text.ChatTemplates;
import io.owlmesh.orchestrator.mesh.MeshReplicas;
import io.owlmesh.orchestrator.mesh.Replica;
import io.owlmesh.orchestrator.mesh.ReplicaView;
import io.owlmesh.orchestrator.mesh.StageFailure;
import io.owlmesh.orchestrator.mesh.StageKind;
import io.owlmesh.orchestrator.mesh.StageTimeouts;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import io.owlmesh.proto.llm.v1.PromptPart;
import io.owlmesh.proto.mesh.v1.Condition;
import io.owlmesh.proto.stage.v1.PrefixChain;
import io.owlmesh.proto.stage.v1.ReplicaState;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;

/** Answers of a language model with two replicas, of which one fails, stops or lies. */
@Timeout(60)
class FailoverTest {
  private static final GenerationOptions GREEDY = GenerationOptions.getDefaultInstance();
  private static final GenerationOptions SAMPLED =
      GenerationOptions.newBuilder().setTemperature(1).build();

  private FakeStages images;
  private StubModel one;
  private StubModel two;
  private MeshReplicas replicas;
  private Pipeline pipeline;
  private final Heard heard = new Heard();

  @BeforeEach
  void open(TestInfo test) throws Exception {
    String name = test.getTestMethod().orElseThrow().getName();
    images = new FakeStages(name);
    one = new StubModel(name + ".one", "L");
    two = new StubModel(name + ".two", "L");
    replicas =
        FakeStages.replicas(
            64,
            Map.of(
                StageKind.VISION, images.address,
                StageKind.ABSTRACTOR, images.address,
                StageKind.LLM, one.address + "," + two.address));
    await(() -> conditions().allMatch(Condition.CONDITION_SERVING::equals));
    pipeline = pipeline(Duration.ofMinutes(1));
  }

  private Pipeline pipeline(Duration patience) {
    return new Pipeline(
        replicas,
        new VisualTokenCache(1 << 20),
        new StageTimeouts(Duration.ofMinutes(1), patience, patience),
        3);
  }

  @AfterEach
  void close() {
    replicas.close();
    one.close();
    two.close();
    images.close();
  }

  private Stream<Condition> conditions() {
    return replicas.all().map(replica -> replica.status().condition());
  }

  private static void await(BooleanSupplier what) throws InterruptedException {
    while (!what.getAsBoolean()) {
      TimeUnit.MILLISECONDS.sleep(5);
    }
  }

  private static ChatRequest about(GenerationOptions options, String... pictures) {
    return new ChatRequest(
        ChatTemplates.named("mplug-owl")
            .orElseThrow()
            .prompt("S", List.of(new Turn(Role.HUMAN, "Who?", pictures.length))),
        Stream.of(pictures).map(ByteString::copyFromUtf8).map(ImageContent::of).toList(),
        options);
  }

  /** What an undisturbed answer says. */
  private String expected(String prompt, long seed) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < StubModel.TOKENS; i++) {
      text.append(StubModel.word(prompt, seed, i));
    }
    return text.toString();
  }

  private static final String PROMPT = "S\nHuman: Who?\nAI: ";

  private void both(IntConsumer beforeToken) {
    one.beforeToken = beforeToken;
    two.beforeToken = beforeToken;
  }

  private StubModel first() {
    return one.askedAt < two.askedAt ? one : two;
  }

  private StubModel second() {
    return first() == one ? two : one;
  }

  /** Fails once, wherever the answer is, before the token at a place. */
  private void failOnce(int place, Status status) {
    both(i -> {
      if (i == place) {
        both(_ -> {});
        throw status.asRuntimeException();
      }
    });
  }

  private io.owlmesh.proto.mesh.v1.Replica view(StubModel of) {
    Replica replica =
        replicas.of(StageKind.LLM).replicas().stream()
            .filter(candidate -> candidate.address().equals(of.address))
            .findFirst()
            .orElseThrow();
    return ReplicaView.of(replica, List.of(replicas.groups()));
  }

  @Test
  void anAnswerWhoseReplicaFailsGoesOnElsewhereWithTheSameText() {
    failOnce(3, Status.UNAVAILABLE);

    var done = pipeline.answer(about(GREEDY), heard);

    assertThat(heard.text).hasToString(expected(PROMPT, 0));
    assertThat(heard.moves).containsExactly(3);
    assertThat(second().options.getFirst().getResumedTokensCount()).isEqualTo(3);
    assertThat(done.getCompletionTokens()).isEqualTo(StubModel.TOKENS);
    assertThat(view(first()).getMoved()).isEqualTo(1);
    assertThat(view(first()).getFailures()).isEqualTo(1);
  }

  @Test
  void aSampledAnswerGoesOnWithTheSameSeedEvenIfNobodyAskedForOne() {
    failOnce(2, Status.UNAVAILABLE);

    pipeline.answer(about(SAMPLED), heard);

    long seed = first().options.getFirst().getSeed();
    assertThat(second().options.getFirst().getSeed()).isEqualTo(seed);
    assertThat(heard.text).hasToString(expected(PROMPT, seed));
  }

  @Test
  void aReplicaThatIsKilledAmidAnAnswerIsReplacedByTheOther() {
    both(i -> {
      if (i == 4) {
        heard.awaitTokens(4); // A connection that breaks takes along what is under way.
        both(_ -> {});
        first().kill();
      }
    });

    pipeline.answer(about(GREEDY), heard);

    assertThat(heard.text).hasToString(expected(PROMPT, 0));
    assertThat(heard.moves).containsExactly(4);
  }

  @Test
  void aReplicaThatFallsSilentIsLeftForTheOther() {
    both(i -> {
      if (i == 1) {
        both(_ -> {});
        sleep();
      }
    });

    pipeline(Duration.ofMillis(200)).answer(about(GREEDY), heard);

    assertThat(heard.text).hasToString(expected(PROMPT, 0));
    assertThat(heard.moves).containsExactly(1);
  }

  private static void sleep() {
    try {
      TimeUnit.SECONDS.sleep(2);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void anAnswerThatWasToldToItsEndIsWholeEvenIfTheCallStaysOpen() {
    one.afterEnd = FailoverTest::sleep;
    two.afterEnd = FailoverTest::sleep;

    var done = pipeline(Duration.ofMillis(200)).answer(about(GREEDY), heard);

    assertThat(heard.text).hasToString(expected(PROMPT, 0));
    assertThat(heard.moves).isEmpty();
    assertThat(done.getCompletionTokens()).isEqualTo(StubModel.TOKENS);
    assertThat(one.options.size() + two.options.size()).isEqualTo(1);
  }

  @Test
  void anAnswerOfWhichReplicasFailAgainAndAgainIsGivenUp() {
    Set<Integer> reached = ConcurrentHashMap.newKeySet();
    both(i -> {
      if (i > 0 && reached.add(i)) {
        throw Status.UNAVAILABLE.asRuntimeException();
      }
    });

    assertThatThrownBy(() -> pipeline.answer(about(GREEDY), heard))
        .isInstanceOf(StageFailure.class);
    assertThat(heard.moves).containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
  }

  @Test
  void whatFailsBeforeTheFirstTokenBeginsElsewhereAndNobodyHearsOfIt() {
    failOnce(0, Status.UNAVAILABLE);

    pipeline.answer(about(GREEDY), heard);

    assertThat(heard.text).hasToString(expected(PROMPT, 0));
    assertThat(heard.moves).isEmpty();
    assertThat(second().options.getFirst().getResumedTokensCount()).isZero();
  }

  @Test
  void aDrainingReplicaIsNoFailureAndItsAnswersMove() {
    failOnce(2, Status.UNAVAILABLE.withDescription("draining: the service stops"));

    pipeline.answer(about(GREEDY), heard);

    assertThat(heard.text).hasToString(expected(PROMPT, 0));
    assertThat(view(first()).getFailures()).isZero();
    assertThat(view(first()).getMoved()).isEqualTo(1);
  }

  @Test
  void aReplicaThatSaysThatItDrainsGetsNoMoreWork() throws Exception {
    one.tell(one.report().setState(ReplicaState.REPLICA_STATE_DRAINING).build());
    await(() -> view(one).getCondition() == Condition.CONDITION_DRAINING);

    for (int i = 0; i < 10; i++) {
      pipeline.answer(about(GREEDY), heard);
    }

    assertThat(one.options).isEmpty();
    assertThat(two.options).hasSize(10);
  }

  @Test
  void aFullReplicaIsPassedOver() {
    pipeline.answer(about(GREEDY), new Heard());
    StubModel usual = first();
    usual.refusals.add(Status.RESOURCE_EXHAUSTED.asRuntimeException());

    for (int i = 0; i < 200 && !usual.refusals.isEmpty(); i++) {
      pipeline.answer(about(GREEDY), new Heard());
    }

    assertThat(usual.refusals).isEmpty();
    assertThat(view(usual).getFailures()).isZero();
  }

  @Test
  void aDefectIsTriedElsewhereOnceAndIsTheReplicasIfItGoesWellThere() {
    failOnce(0, Status.INTERNAL);

    pipeline.answer(about(GREEDY), heard);

    assertThat(heard.text).hasToString(expected(PROMPT, 0));
    assertThat(view(first()).getFailures()).isEqualTo(1);
  }

  @Test
  void aDefectThatBothMeetIsTheQuestions() {
    one.refusals.add(Status.INTERNAL.asRuntimeException());
    two.refusals.add(Status.INTERNAL.asRuntimeException());

    StageFailure failure =
        catchThrowableOfType(StageFailure.class, () -> pipeline.answer(about(GREEDY), heard));

    assertThat(failure.fault().fault()).isEqualTo(Fault.INTERNAL);
    assertThat(view(one).getFailures() + view(two).getFailures()).isZero();
  }

  @Test
  void aRefusedQuestionIsNotTriedElsewhere() {
    one.refusals.add(Status.INVALID_ARGUMENT.asRuntimeException());
    two.refusals.add(Status.INVALID_ARGUMENT.asRuntimeException());

    StageFailure failure =
        catchThrowableOfType(StageFailure.class, () -> pipeline.answer(about(GREEDY), heard));

    assertThat(failure.fault().fault()).isEqualTo(Fault.BAD_INPUT);
    assertThat(one.options.size() + two.options.size()).isEqualTo(1);
  }

  @Test
  void severalAnswersToOnePromptDoNotMoveOnceTheyBegan() {
    failOnce(3, Status.UNAVAILABLE);

    StageFailure failure =
        catchThrowableOfType(
            StageFailure.class,
            () -> pipeline.answer(about(GREEDY.toBuilder().setN(2).build()), heard));

    assertThat(failure.fault().fault()).isEqualTo(Fault.UNAVAILABLE);
    assertThat(heard.moves).isEmpty();
  }

  @Test
  void anAnswerWhoseLimitIsReachedEndsElsewhereWithoutATokenTwice() {
    Runnable fail =
        () -> {
          one.beforeEnd = () -> {};
          two.beforeEnd = () -> {};
          throw Status.UNAVAILABLE.asRuntimeException();
        };
    one.beforeEnd = fail;
    two.beforeEnd = fail;

    pipeline.answer(about(GREEDY.toBuilder().setMaxNewTokens(StubModel.TOKENS).build()), heard);

    assertThat(heard.text).hasToString(expected(PROMPT, 0));
    assertThat(second().options.getFirst().getResumedTokensCount()).isEqualTo(StubModel.TOKENS - 1);
  }

  @Test
  void aPictureThatTheReplicaKeepsIsNotLookedAtNorSentAgain() throws Exception {
    two.tell(two.report().setState(ReplicaState.REPLICA_STATE_DRAINING).build());
    await(() -> view(two).getCondition() == Condition.CONDITION_DRAINING);
    pipeline.answer(about(GREEDY, "owl"), new Heard());
    one.tell(one.report().addAllImagesGained(one.pictures()).build());
    await(() -> view(one).getImages() == 1);
    one.parts.clear();
    int looks = images.looks.get();

    // Another cache: nothing is known of the picture but by the replica.
    var done = pipeline(Duration.ofMinutes(1)).answer(about(GREEDY, "owl"), heard);

    assertThat(one.parts).extracting(PromptPart::hasVisualTokens).containsOnly(false);
    assertThat(images.looks).hasValue(looks);
    assertThat(done.getCachedImages()).isEqualTo(1);
    assertThat(heard.cached).containsExactly("STAGE_VISION [0]", "STAGE_ABSTRACTOR [0]");
    assertThat(heard.text).hasToString(expected("S\nHuman: [owl]\nHuman: Who?\nAI: ", 0));
  }

  @Test
  void aPictureThatIsNotKeptAnyMoreIsSentAfterAll() throws Exception {
    two.tell(two.report().setState(ReplicaState.REPLICA_STATE_DRAINING).build());
    await(() -> view(two).getCondition() == Condition.CONDITION_DRAINING);
    pipeline.answer(about(GREEDY, "owl"), new Heard());
    one.tell(one.report().addAllImagesGained(one.pictures()).build());
    await(() -> view(one).getImages() == 1);
    one.forgetPictures();

    pipeline.answer(about(GREEDY, "owl"), heard);

    assertThat(heard.text).hasToString(expected("S\nHuman: [owl]\nHuman: Who?\nAI: ", 0));
    assertThat(heard.moves).isEmpty();
    assertThat(view(one).getFailures()).isZero();
  }

  @Test
  void aPromptGoesWhereItsBeginningIsInTheCache() throws Exception {
    pipeline.answer(about(GREEDY), new Heard());
    ByteString chain = first().parts.getLast().getChain();
    StubModel other = second();
    other.tell(
        other
            .report()
            .addChainsGained(PrefixChain.newBuilder().setName(chain).setPositions(8))
            .build());
    await(() -> view(other).getChains() == 1);
    TimeUnit.MILLISECONDS.sleep(2_100); // Until what the first has just read is forgotten.
    int before = other.options.size();

    for (int i = 0; i < 5; i++) {
      pipeline.answer(about(GREEDY), new Heard());
    }

    assertThat(other.options).hasSize(before + 5);
    assertThat(view(other).getPrefixHitPercent()).isPositive();
  }

  @Test
  void withoutAReplicaThatServesTheStageIsNamed() throws Exception {
    one.kill();
    two.kill();
    await(() ->
        replicas.of(StageKind.LLM).replicas().stream()
            .allMatch(replica -> replica.status().condition() == Condition.CONDITION_UNREACHABLE));

    OwlException failure =
        catchThrowableOfType(OwlException.class, () -> pipeline.answer(about(GREEDY), heard));

    assertThat(failure)
        .hasMessage("llm: the stage is unavailable")
        .returns(Fault.UNAVAILABLE, OwlException::fault);
  }
}
