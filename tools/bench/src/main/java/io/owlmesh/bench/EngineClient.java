// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import io.grpc.stub.StreamObserver;
import io.owlmesh.client.Address;
import io.owlmesh.client.Connection;
import io.owlmesh.proto.llm.v1.GenerateRequest;
import io.owlmesh.proto.llm.v1.GenerateResponse;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import io.owlmesh.proto.llm.v1.ListModelsRequest;
import io.owlmesh.proto.llm.v1.Model;
import io.owlmesh.proto.llm.v1.PromptPart;
import io.owlmesh.proto.llm.v1.StatisticsRequest;
import io.owlmesh.proto.llm.v1.StatisticsResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** Talks to the language model's service without the rest of the mesh. */
final class EngineClient implements AutoCloseable {
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

  /** Asks all at once, and waits for all. */
  List<EngineAnswer> together(
      int count,
      IntFunction<List<PromptPart>> parts,
      IntFunction<GenerationOptions.Builder> options) {
    List<CompletableFuture<EngineAnswer>> asked =
        IntStream.range(0, count)
            .mapToObj(i -> ask(parts.apply(i), options.apply(i).build()))
            .toList();
    return asked.stream().map(CompletableFuture::join).toList();
  }

  /** Greedy answers of exactly so many tokens. */
  static GenerationOptions.Builder exactly(int tokens) {
    return GenerationOptions.newBuilder().setMaxNewTokens(tokens).setMinNewTokens(tokens);
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

  @Override
  public void close() {
    connection.close();
  }
}
