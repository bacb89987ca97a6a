// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.stub.StreamObserver;
import io.opentelemetry.api.OpenTelemetry;
import io.owlmesh.core.HostTensor;
import io.owlmesh.model.family.patchchat.PatchChatFamily;
import io.owlmesh.proto.llm.v1.DescribeRequest;
import io.owlmesh.proto.llm.v1.GenerateRequest;
import io.owlmesh.proto.llm.v1.GenerateResponse;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import io.owlmesh.proto.llm.v1.PromptPart;
import io.owlmesh.proto.tensor.v1.Lineage;
import io.owlmesh.wire.TensorCodec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnotherFamilyTest {
  @Test
  void aModelOfAFamilyThatTheServiceDoesNotKnowAnswersAboutAnImage(@TempDir Path temp)
      throws Exception {
    Path adapters = Files.createDirectory(temp.resolve("adapters"));
    try (TinyLlm llm =
        TinyLlm.start(
            PatchChatFamily.checkpoint(temp.resolve("model")),
            adapters,
            OpenTelemetry.noop().getMeter("test"))) {
      var description =
          LanguageModelGrpc.newBlockingStub(llm.channel())
              .describe(DescribeRequest.getDefaultInstance());
      assertThat(description.getChatTemplate()).isEqualTo("patch-chat");
      assertThat(description.getVisualTokens()).isEqualTo(9);
      assertThat(description.getContext()).isEqualTo(256);

      Lineage lineage =
          Lineage.newBuilder()
              .setContentKey("00")
              .setVisionDigest(description.getVisionDigest())
              .setAbstractorDigest(description.getAbstractorDigest())
              .build();
      HostTensor image = HostTensor.ofFloats(new float[9 * 32], 9, 32);
      List<GenerateResponse> told =
          ask(
              llm,
              PromptPart.newBuilder().setText("USER: ").build(),
              PromptPart.newBuilder().setVisualTokens(TensorCodec.toProto(image, lineage)).build(),
              PromptPart.newBuilder().setText("Who? ASSISTANT: ").build());

      assertThat(told.getFirst().getAccepted().getVisualTokens()).isEqualTo(9);
      assertThat(told.getLast().getFinished().getUsage().getCompletionTokens()).isEqualTo(4);
    }
  }

  private static List<GenerateResponse> ask(TinyLlm llm, PromptPart... parts) {
    List<GenerateResponse> told = new ArrayList<>();
    CompletableFuture<List<GenerateResponse>> done = new CompletableFuture<>();
    StreamObserver<GenerateRequest> call =
        LanguageModelGrpc.newStub(llm.channel())
            .withDeadlineAfter(60, TimeUnit.SECONDS)
            .generate(
                new StreamObserver<>() {
                  @Override
                  public void onNext(GenerateResponse response) {
                    told.add(response);
                  }

                  @Override
                  public void onError(Throwable failure) {
                    done.completeExceptionally(failure);
                  }

                  @Override
                  public void onCompleted() {
                    done.complete(told);
                  }
                });
    for (PromptPart part : parts) {
      call.onNext(GenerateRequest.newBuilder().setPart(part).build());
    }
    GenerationOptions four =
        GenerationOptions.newBuilder().setMaxNewTokens(4).setMinNewTokens(4).build();
    call.onNext(GenerateRequest.newBuilder().setOptions(four).build());
    call.onCompleted();
    return done.join();
  }
}
