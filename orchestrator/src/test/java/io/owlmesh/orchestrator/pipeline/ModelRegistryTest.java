// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import com.google.protobuf.ByteString;
import io.owlmesh.core.ErrorCode;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.text.ChatTemplate.Role;
import io.owlmesh.model.text.ChatTemplate.Turn;
import io.owlmesh.model.text.ChatTemplates;
import io.owlmesh.orchestrator.mesh.StageKind;
import io.owlmesh.proto.chat.v1.AnswerDone;
import io.owlmesh.proto.chat.v1.ModelState;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import io.owlmesh.proto.mesh.v1.Model;
import io.owlmesh.proto.mesh.v1.Replica;
import io.owlmesh.proto.mesh.v1.Stage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ModelRegistryTest {
  @TempDir private Path folder;
  private FakeStages other;
  private FakeMesh mesh;

  /** An answer's end, for who waits for it. */
  private static final class Waiting extends Heard implements AnswerObserver {
    final CompletableFuture<AnswerDone> end = new CompletableFuture<>();

    @Override
    public void done(AnswerDone done) {
      end.complete(done);
    }

    @Override
    public void fail(Throwable failure) {
      end.completeExceptionally(failure);
    }
  }

  @BeforeEach
  void open(TestInfo test) throws Exception {
    String name = test.getTestMethod().orElseThrow().getName();
    other = new FakeStages(name + ".other");
    mesh =
        new FakeMesh(
            name,
            Map.of(
                "owl.models", folder.toString(),
                "owl.health-interval", "0.05S",
                "owl.drain-timeout", "1S"));
  }

  @AfterEach
  void close() {
    mesh.close();
    other.close();
  }

  private void write(String model, String vision, String abstractor, String llm)
      throws IOException {
    Files.writeString(
        folder.resolve(model + ".model"),
        "vision = %s%nabstractor = %s%nllm = %s%n".formatted(vision, abstractor, llm));
  }

  private static void await(BooleanSupplier what) throws InterruptedException {
    for (int tries = 0; tries < 1_000 && !what.getAsBoolean(); tries++) {
      TimeUnit.MILLISECONDS.sleep(10);
    }
    assertThat(what.getAsBoolean()).isTrue();
  }

  private boolean isReady(String model) {
    return mesh.operations.state().getModelsList().stream()
        .anyMatch(one -> one.getName().equals(model) && one.getReady());
  }

  private boolean isGone(String model) {
    return mesh.operations.state().getModelsList().stream()
        .noneMatch(one -> one.getName().equals(model));
  }

  private void addOther() throws Exception {
    write("other", other.address, other.address, other.address);
    await(() -> isReady("other"));
  }

  private Waiting ask(String model, String image) {
    Waiting heard = new Waiting();
    ActiveAnswer answering = mesh.answers.open(heard);
    answering.use(model);
    ChatRequest question =
        new ChatRequest(
            ChatTemplates.named("mplug-owl")
                .orElseThrow()
                .prompt("S", List.of(new Turn(Role.HUMAN, "Who?", 1))),
            List.of(ImageContent.of(ByteString.copyFromUtf8(image))),
            GenerationOptions.getDefaultInstance());
    answering.start(0, () -> Optional.of(question));
    return heard;
  }

  private OwlException unknown(String model) {
    return catchThrowableOfType(OwlException.class, () -> mesh.gateway.model("model", model));
  }

  @Test
  void allModelsAreToldAndWhichStageIsMissingOfOneThatCannotBeAsked() throws Exception {
    write("other", other.address, other.address, "inprocess:nobody");
    await(() -> states().stream().anyMatch(one -> one.getErrorField().equals("llm")));

    assertThat(states())
        .extracting(
            ModelState::getName,
            ModelState::getDefaultModel,
            ModelState::getReady,
            ModelState::getErrorCode)
        .containsExactly(
            tuple("parrot", true, true, ""), tuple("other", false, false, "stage_unavailable"));
  }

  private List<ModelState> states() {
    return mesh.gateway.listModels().getModelsList();
  }

  @Test
  void aModelComesAndGoesWithItsFile() throws Exception {
    assertThat(unknown("other")).hasMessage("model: 'other', there are [parrot]");
    addOther();
    int before = other.calls(StageKind.LLM);

    ask("other", "cat").end.get();
    ask("", "cat").end.get();
    ask("parrot", "cat").end.get();

    assertThat(other.calls(StageKind.LLM)).isEqualTo(before + 1);
    assertThat(mesh.gateway.model("model", "other").mesh().model()).isEqualTo("other");
    Files.delete(folder.resolve("other.model"));
    await(() -> isGone("other"));
    assertThat(unknown("other").code()).isEqualTo(ErrorCode.MODEL_NOT_FOUND);
    ask("", "cat").end.get();
  }

  @Test
  void modelsThatNameTheSameReplicasShareThemAndWhatTheyMade() throws Exception {
    String shared = mesh.stages.address;
    write("twin", shared, shared, other.address);
    await(() -> isReady("twin"));
    int before = mesh.visionCalls();

    ask("", "cat").end.get();
    ask("twin", "cat").end.get();

    assertThat(mesh.visionCalls()).isEqualTo(before + 1);
    assertThat(mesh.operations.state().getReplicasList())
        .extracting(Replica::getAddress, one -> List.copyOf(one.getModelsList()))
        .containsExactlyInAnyOrder(
            tuple(shared, List.of("parrot", "twin")),
            tuple(shared, List.of("parrot", "twin")),
            tuple(shared, List.of("parrot")),
            tuple(other.address, List.of("twin")));
    Files.delete(folder.resolve("twin.model"));
    await(() -> mesh.operations.state().getReplicasCount() == 3);
    ask("", "owl").end.get();
  }

  @Test
  void anAnswerInWorkEndsBeforeItsModelGoes() throws Exception {
    addOther();
    CountDownLatch looked = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    other.beforeVision =
        () -> {
          looked.countDown();
          try {
            goOn.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        };
    Waiting heard = ask("other", "cat");
    looked.await();

    Files.delete(folder.resolve("other.model"));
    await(() -> isGone("other"));
    goOn.countDown();

    assertThat(heard.end.get().getCompletionTokens()).isEqualTo(2);
    assertThat(heard.text).hasToString("S\nHuman: [cat]\nHuman: Who?\nAI: +");
  }

  @Test
  void anAnswerThatTakesTooLongEndsWithItsModel() throws Exception {
    addOther();
    other.hang(StageKind.LLM);
    Waiting heard = ask("other", "cat");
    Files.delete(folder.resolve("other.model"));

    assertThatThrownBy(heard.end::get)
        .isInstanceOf(ExecutionException.class)
        .cause()
        .hasMessage("model: 'other' was removed while it answered");
  }

  @Test
  void aModelWithoutAStageIsNamedAndHurtsNoOther() throws Exception {
    write("lame", other.address, other.address, "inprocess:nobody");
    await(() ->
        mesh.operations.state().getModelsList().stream()
            .map(Model::getReason)
            .anyMatch(reason -> reason.equals("llm: the stage of model 'lame' is unavailable")));

    OwlException refused =
        catchThrowableOfType(
            OwlException.class, () -> mesh.gateway.model("model", "lame").template());

    assertThat(refused.fault()).isEqualTo(Fault.UNAVAILABLE);
    assertThat(refused.field()).isEqualTo("llm");
    ask("", "cat").end.get();
    assertThat(mesh.serving()).isTrue();
    mesh.gateway.requireReady();
  }

  @Test
  void aModelThatMovesIsServedAllTheTime() throws Exception {
    addOther();
    write("other", other.address, mesh.stages.address, other.address);
    for (int i = 0; i < 100; i++) {
      ask("other", "cat").end.get();
      TimeUnit.MILLISECONDS.sleep(10);
    }
    await(() ->
        mesh.operations.state().getReplicasList().stream()
            .noneMatch(one ->
                one.getAddress().equals(other.address)
                    && one.getStage() == Stage.STAGE_ABSTRACTOR));
    ask("other", "cat").end.get();
  }
}
