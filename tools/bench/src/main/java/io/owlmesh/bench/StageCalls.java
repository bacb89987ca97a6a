// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import io.owlmesh.client.Address;
import io.owlmesh.client.Connection;
import io.owlmesh.model.text.Prompt;
import io.owlmesh.proto.abstractor.v1.ResampleRequest;
import io.owlmesh.proto.abstractor.v1.ResampleResponse;
import io.owlmesh.proto.abstractor.v1.VisualAbstractorGrpc;
import io.owlmesh.proto.llm.v1.GenerateRequest;
import io.owlmesh.proto.llm.v1.GenerateResponse;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import io.owlmesh.proto.llm.v1.PromptPart;
import io.owlmesh.proto.tensor.v1.Tensor;
import io.owlmesh.proto.vision.v1.EncodeRequest;
import io.owlmesh.proto.vision.v1.EncodeResponse;
import io.owlmesh.proto.vision.v1.VisionEncoderGrpc;
import java.util.concurrent.CompletableFuture;

/** Calls the three stages as the orchestrator does, without it. */
final class StageCalls implements AutoCloseable {
  private final Connection vision;
  private final Connection abstractor;
  private final Connection llm;

  /** Where the stages answer. */
  public record Addresses(Address vision, Address abstractor, Address llm) {}

  StageCalls(Addresses addresses) {
    vision = new Connection(addresses.vision());
    abstractor = new Connection(addresses.abstractor());
    llm = new Connection(addresses.llm());
  }

  /** Visual tokens of a picture. */
  Tensor look(ByteString picture) {
    Last<EncodeResponse> encoded = new Last<>();
    StreamObserver<EncodeRequest> encode =
        VisionEncoderGrpc.newStub(vision.channel()).encode(encoded);
    encode.onNext(EncodeRequest.newBuilder().setId("0").setImage(picture).build());
    encode.onCompleted();
    Last<ResampleResponse> resampled = new Last<>();
    StreamObserver<ResampleRequest> resample =
        VisualAbstractorGrpc.newStub(abstractor.channel()).resample(resampled);
    resample.onNext(
        ResampleRequest.newBuilder()
            .setId("0")
            .setFeatures(encoded.value.join().getFeatures())
            .build());
    resample.onCompleted();
    return resampled.value.join().getVisualTokens();
  }

  /** The only message of a stream. */
  private static final class Last<R> implements StreamObserver<R> {
    private final CompletableFuture<R> value = new CompletableFuture<>();

    @Override
    public void onNext(R message) {
      value.complete(message);
    }

    @Override
    public void onError(Throwable failure) {
      value.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {
      value.completeExceptionally(new IllegalStateException("the stage answered nothing"));
    }
  }

  /** Asks the language model; every image of the prompt is the one of these tokens. */
  void ask(
      Prompt prompt,
      Tensor tokens,
      GenerationOptions options,
      StreamObserver<GenerateResponse> answer) {
    StreamObserver<GenerateRequest> call =
        LanguageModelGrpc.newStub(llm.channel()).generate(answer);
    for (Prompt.Part part : prompt.parts()) {
      PromptPart.Builder piece = PromptPart.newBuilder();
      switch (part) {
        case Prompt.Text(String text) -> piece.setText(text);
        case Prompt.Mark(String token) -> piece.setMark(token);
        case Prompt.Image _ -> piece.setVisualTokens(tokens);
      }
      call.onNext(GenerateRequest.newBuilder().setPart(piece).build());
    }
    call.onNext(GenerateRequest.newBuilder().setOptions(options).build());
    call.onCompleted();
  }

  @Override
  public void close() {
    vision.close();
    abstractor.close();
    llm.close();
  }
}
