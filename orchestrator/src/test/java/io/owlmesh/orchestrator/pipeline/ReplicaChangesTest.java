// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.text.Prompt;
import io.owlmesh.orchestrator.mesh.MeshInfo;
import io.owlmesh.orchestrator.mesh.MeshReplicas;
import io.owlmesh.orchestrator.mesh.ReplicaPool;
import io.owlmesh.orchestrator.mesh.ReplicaSettings;
import io.owlmesh.orchestrator.mesh.ReplicaView;
import io.owlmesh.orchestrator.mesh.StageKind;
import io.owlmesh.orchestrator.mesh.WeightGroups;
import io.owlmesh.orchestrator.mesh.discovery.ReplicaAddress;
import io.owlmesh.orchestrator.mesh.discovery.ReplicaAddressSource;
import io.owlmesh.orchestrator.mesh.discovery.ReplicaAddresses;
import io.owlmesh.proto.chat.v1.Weights;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import io.owlmesh.proto.mesh.v1.Condition;
import io.owlmesh.proto.mesh.v1.ConditionReason;
import io.owlmesh.proto.mesh.v1.Replica;
import io.owlmesh.wire.tls.MeshTls;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;

/** Replicas that come and go, and that serve other weights, while the mesh answers. */
@Timeout(60)
class ReplicaChangesTest {
  private FakeStages images;
  private StubModel old;
  private StubModel other;
  private StubModel fresh;
  private MeshReplicas replicas;
  private Pipeline pipeline;
  private final Told models = new Told();

  /** Addresses that a test changes. */
  private static final class Told implements ReplicaAddresses {
    private @Nullable Consumer<Set<ReplicaAddress>> told;

    @Override
    public void watch(Consumer<Set<ReplicaAddress>> listener) {
      told = listener;
    }

    void set(String... addresses) {
      Objects.requireNonNull(told)
          .accept(
              Stream.of(addresses)
                  .map(address -> new ReplicaAddress(address, true))
                  .collect(Collectors.toSet()));
    }

    @Override
    public void close() {}
  }

  @BeforeEach
  void open(TestInfo test) throws Exception {
    String name = test.getTestMethod().orElseThrow().getName();
    images = new FakeStages(name);
    old = new StubModel(name + ".old", "L");
    other = new StubModel(name + ".other", "L");
    fresh = new StubModel(name + ".fresh", "M");
    replicas =
        new MeshReplicas(
            "",
            Map.of(
                StageKind.VISION, ReplicaAddressSource.of(images.address, "owl.vision"),
                StageKind.ABSTRACTOR, ReplicaAddressSource.of(images.address, "owl.abstractor"),
                StageKind.LLM, models),
            new ReplicaPool(
                new FakeStages.Untraced(),
                MeshTls.none(),
                new ReplicaSettings(64, Duration.ofMillis(50), Duration.ZERO, "expected-time")));
    replicas.start();
    pipeline = new Pipeline(replicas, new VisualTokenCache(1 << 20), PipelineTest.TIMEOUTS, 3);
    models.set(old.address);
    await(() -> condition(old) == Condition.CONDITION_SERVING);
    await(() -> replicas.all().allMatch(one -> one.status().reason().isEmpty()));
    groups().inUse();
  }

  @AfterEach
  void close() {
    replicas.close();
    List.of(old, other, fresh).forEach(StubModel::close);
    images.close();
  }

  private static void await(BooleanSupplier what) throws InterruptedException {
    while (!what.getAsBoolean()) {
      TimeUnit.MILLISECONDS.sleep(5);
    }
  }

  private WeightGroups groups() {
    return replicas.groups();
  }

  private Replica view(StubModel model) {
    return replicas
        .all()
        .map(one -> ReplicaView.of(one, List.of(groups())))
        .filter(one -> one.getAddress().equals(model.address))
        .findFirst()
        .orElse(Replica.getDefaultInstance());
  }

  private Condition condition(StubModel model) {
    return view(model).getCondition();
  }

  private Heard ask(String session) {
    Heard heard = new Heard();
    pipeline.answer(
        new ChatRequest(
            Prompt.parse("Who?"), List.of(), GenerationOptions.getDefaultInstance(), session),
        heard);
    return heard;
  }

  private void ask(Weights weights) {
    pipeline.answer(
        new ChatRequest(
            Prompt.parse("Who?"), List.of(), GenerationOptions.getDefaultInstance(), weights),
        new Heard());
  }

  @Test
  void aReplicaThatIsAddedGetsWorkAndOneThatIsRemovedEndsWhatItHas() throws Exception {
    CountDownLatch began = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    old.beforeToken =
        place -> {
          began.countDown();
          await(go);
        };
    CompletableFuture<Heard> answer = CompletableFuture.supplyAsync(() -> ask(""));
    began.await();

    models.set(other.address);
    await(() -> condition(other) == Condition.CONDITION_SERVING);
    ask("");
    assertThat(other.options).hasSize(1);
    assertThat(condition(old)).isEqualTo(Condition.CONDITION_UNSPECIFIED);
    go.countDown();

    assertThat(answer.join().moves).isEmpty();
    assertThat(old.options).hasSize(1);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void anAddressWhereNobodyIsIsNamedAndTheOthersServe() throws Exception {
    models.set(old.address, "127.0.0.1:1");
    await(() ->
        replicas.of(StageKind.LLM).replicas().stream()
            .anyMatch(one -> one.status().condition() == Condition.CONDITION_UNREACHABLE));

    for (int i = 0; i < 5; i++) {
      ask("");
    }

    assertThat(old.options).hasSize(5);
  }

  @Test
  void aReplicaThatIsListedAsEndingGetsNoWork() throws Exception {
    models.set(old.address, other.address);
    await(() -> condition(other) == Condition.CONDITION_SERVING);
    Objects.requireNonNull(models.told)
        .accept(
            Set.of(
                new ReplicaAddress(old.address, false), new ReplicaAddress(other.address, true)));

    for (int i = 0; i < 5; i++) {
      ask("");
    }

    assertThat(other.options).hasSize(5);
    assertThat(condition(old)).isEqualTo(Condition.CONDITION_DRAINING);
    assertThat(view(old).getReasonCode()).isEqualTo(ConditionReason.CONDITION_REASON_NOT_LISTED);
  }

  @Test
  void otherWeightsAreKeptOutAndBothDigestsAreTold() throws Exception {
    models.set(old.address, fresh.address);
    await(() -> condition(fresh) == Condition.CONDITION_OTHER_WEIGHTS);

    for (int i = 0; i < 5; i++) {
      ask("");
    }

    assertThat(fresh.options).isEmpty();
    assertThat(view(fresh).getReason()).isEqualTo("it works with language weights M, in use are L");
    assertThat(view(fresh).getReasonCode())
        .isEqualTo(ConditionReason.CONDITION_REASON_OTHER_WEIGHTS);
  }

  @Test
  void theCanaryGetsItsShareAndASessionStaysWhereItIs() throws Exception {
    models.set(old.address, fresh.address);
    await(() -> condition(fresh) == Condition.CONDITION_OTHER_WEIGHTS);
    groups().setCanary(50, "");
    assertThat(condition(fresh)).isEqualTo(Condition.CONDITION_SERVING);
    assertThat(view(fresh).getCanary()).isTrue();

    List<String> digests = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      String session = "session " + i;
      String first = groups().choose(session).digests().language();
      assertThat(groups().choose(session).digests().language()).isEqualTo(first);
      digests.add(first);
    }

    assertThat(digests).filteredOn("M"::equals).hasSizeBetween(25, 75);
  }

  @Test
  void atAHundredPercentTheNewWeightsAreThoseInUse() throws Exception {
    models.set(old.address, fresh.address);
    await(() -> condition(fresh) == Condition.CONDITION_OTHER_WEIGHTS);

    groups().setCanary(100, "");

    assertThat(groups().inUse().digests().language()).isEqualTo("M");
    assertThat(groups().canaryPercent()).isZero();
    assertThat(condition(old)).isEqualTo(Condition.CONDITION_OTHER_WEIGHTS);
  }

  @Test
  void whenTheOldWeightsAreGoneTheNewOnesAreUsed() throws Exception {
    models.set(old.address, fresh.address);
    await(() -> condition(fresh) == Condition.CONDITION_OTHER_WEIGHTS);

    models.set(fresh.address);

    ask("");
    assertThat(fresh.options).hasSize(1);
  }

  @Test
  void anAnswerStaysWithItsWeightsEvenIfNoneOfThemIsLeft() throws Exception {
    models.set(old.address, fresh.address);
    await(() -> condition(fresh) == Condition.CONDITION_OTHER_WEIGHTS);
    old.refusals.add(Status.UNAVAILABLE.asRuntimeException());

    assertThatThrownBy(() -> ask("")).hasMessageContaining("llm");

    assertThat(fresh.options).isEmpty();
  }

  @Test
  void aCanaryThatFailsMoreOftenIsEndedAndSaysWhy() throws Exception {
    models.set(old.address, fresh.address);
    await(() -> condition(fresh) == Condition.CONDITION_OTHER_WEIGHTS);
    MeshInfo usual = groups().inUse();
    groups().setCanary(50, "");
    MeshInfo canary = groups().tried();

    for (int i = 0; i < 30; i++) {
      groups().ended(usual.digests(), false);
      groups().ended(canary.digests(), i % 10 == 0);
    }

    assertThat(groups().canaryPercent()).isZero();
    assertThat(groups().canaryEnded())
        .isEqualTo("of 20 answers of the new weights 10.0 % failed, of the others 0.0 %");
  }

  @Test
  void answersOfWeightsThatWereInUseBeforeSayNothingOfTheCanary() throws Exception {
    MeshInfo before = groups().inUse();
    models.set(old.address, fresh.address);
    await(() -> condition(fresh) == Condition.CONDITION_OTHER_WEIGHTS);
    models.set(fresh.address);
    assertThat(groups().inUse().digests().language()).isEqualTo("M");
    groups().setCanary(50, "");

    for (int i = 0; i < 30; i++) {
      groups().ended(before.digests(), true); // They end late, as their replica went away.
    }

    assertThat(groups().canaryPercent()).isEqualTo(50);
    assertThat(groups().canaryEnded()).isEmpty();
  }

  @Test
  void whoeverNamesTheWeightsIsAnsweredByThemWhateverTheShare() throws Exception {
    assertThatThrownBy(() -> groups().tried())
        .isInstanceOfSatisfying(
            OwlException.class, why -> assertThat(why.fault()).isEqualTo(Fault.CONFLICT));
    models.set(old.address, fresh.address);
    await(() -> condition(fresh) == Condition.CONDITION_OTHER_WEIGHTS);

    ask(Weights.WEIGHTS_CANARY);
    assertThat(fresh.options).hasSize(1);
    assertThat(old.options).isEmpty();

    groups().setCanary(50, "");
    for (int i = 0; i < 10; i++) {
      ask(Weights.WEIGHTS_IN_USE);
    }
    assertThat(fresh.options).hasSize(1);
  }

  @Test
  void aShareThatIsNoneIsRefused() {
    assertThatThrownBy(() -> groups().setCanary(101, ""))
        .isInstanceOfSatisfying(
            OwlException.class, why -> assertThat(why.fault()).isEqualTo(Fault.BAD_INPUT))
        .hasMessage("percent: 101, it must be from 0 to 100");
  }
}
