// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import io.owlmesh.client.Address;
import io.owlmesh.client.Connection;
import io.owlmesh.proto.llm.v1.AdapterHeader;
import io.owlmesh.proto.llm.v1.FileChunk;
import io.owlmesh.proto.llm.v1.GenerateRequest;
import io.owlmesh.proto.llm.v1.GenerateResponse;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import io.owlmesh.proto.llm.v1.ListModelsRequest;
import io.owlmesh.proto.llm.v1.Model;
import io.owlmesh.proto.llm.v1.PromptPart;
import io.owlmesh.proto.llm.v1.StatisticsRequest;
import io.owlmesh.proto.llm.v1.StatisticsResponse;
import io.owlmesh.proto.llm.v1.UnloadAdapterRequest;
import io.owlmesh.proto.llm.v1.UploadAdapterRequest;
import io.owlmesh.proto.llm.v1.UploadAdapterResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Talks to the language model's service without the rest of the mesh. */
final class EngineClient implements AutoCloseable {
  private static final int PIECE = 1 << 20;

  private final Connection connection;

  EngineClient(Address address) {
    this.connection = new Connection(address);
  }

  private LanguageModelGrpc.LanguageModelBlockingStub blocking() {
    return LanguageModelGrpc.newBlockingStub(connection.channel());
  }

  Model model() {
    return blocking().listModels(ListModelsRequest.getDefaultInstance()).getModels(0);
  }

  StatisticsResponse statistics() {
    return blocking().statistics(StatisticsRequest.getDefaultInstance());
  }

  /** Asks; fails as the call does. */
  CompletableFuture<EngineAnswer> ask(List<PromptPart> parts, GenerationOptions options) {
    CompletableFuture<EngineAnswer> answer = new CompletableFuture<>();
    Listening listening = new Listening(answer);
    StreamObserver<GenerateRequest> call =
        LanguageModelGrpc.newStub(connection.channel()).generate(listening);
    parts.forEach(part -> call.onNext(GenerateRequest.newBuilder().setPart(part).build()));
    listening.begin = System.nanoTime();
    call.onNext(GenerateRequest.newBuilder().setOptions(options).build());
    call.onCompleted();
    return answer;
  }

  /** Collects an answer. */
  private static final class Listening implements StreamObserver<GenerateResponse> {
    private final CompletableFuture<EngineAnswer> answer;
    private final List<Integer> ids = new ArrayList<>();
    private final List<Long> times = new ArrayList<>();
    private volatile long begin;

    Listening(CompletableFuture<EngineAnswer> answer) {
      this.answer = answer;
    }

    @Override
    public void onNext(GenerateResponse response) {
      if (response.hasToken()) {
        ids.add(response.getToken().getId());
        times.add(System.nanoTime());
      } else if (response.hasFinished()) {
        answer.complete(new EngineAnswer(begin, ids, times, response.getFinished()));
      }
    }

    @Override
    public void onError(Throwable failure) {
      answer.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {
      // Without effect if the end was reported, as it should be.
      answer.completeExceptionally(new IllegalStateException("the answer has no end"));
    }
  }

  /** Loads an adapter until the service stops or it is unloaded. */
  void upload(String name, Map<String, byte[]> files) {
    CompletableFuture<UploadAdapterResponse> done = new CompletableFuture<>();
    StreamObserver<UploadAdapterRequest> call =
        LanguageModelGrpc.newStub(connection.channel())
            .uploadAdapter(
                new StreamObserver<>() {
                  @Override
                  public void onNext(UploadAdapterResponse response) {
                    done.complete(response);
                  }

                  @Override
                  public void onError(Throwable failure) {
                    done.completeExceptionally(failure);
                  }

                  @Override
                  public void onCompleted() {}
                });
    call.onNext(
        UploadAdapterRequest.newBuilder()
            .setHeader(AdapterHeader.newBuilder().setName(name).setTemporary(true))
            .build());
    files.forEach((file, content) -> {
      for (int at = 0; at < content.length; at += PIECE) {
        int size = Math.min(PIECE, content.length - at);
        call.onNext(
            UploadAdapterRequest.newBuilder()
                .setChunk(
                    FileChunk.newBuilder()
                        .setFile(file)
                        .setContent(ByteString.copyFrom(content, at, size)))
                .build());
      }
    });
    call.onCompleted();
    done.join();
  }

  void unload(String name) {
    var _ = blocking().unloadAdapter(UnloadAdapterRequest.newBuilder().setName(name).build());
  }

  @Override
  public void close() {
    connection.close();
  }
}
