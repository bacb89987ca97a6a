// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.grpc;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.owlmesh.core.OwlException;
import io.owlmesh.llm.LlmEngine;
import io.owlmesh.llm.adapters.AdapterRegistry;
import io.owlmesh.llm.engine.DecodingStrategy;
import io.owlmesh.llm.engine.EnginePrompt;
import io.owlmesh.llm.engine.EngineRequest;
import io.owlmesh.llm.engine.TokenListener;
import io.owlmesh.llm.engine.TokenSampler;
import io.owlmesh.model.text.PromptTokens;
import io.owlmesh.proto.llm.v1.Continuations;
import io.owlmesh.proto.llm.v1.Score;
import io.owlmesh.proto.llm.v1.ScoreRequest;
import io.owlmesh.proto.llm.v1.ScoreResponse;
import io.owlmesh.runtime.language.ForwardResult;
import io.owlmesh.runtime.language.Scoring;
import io.owlmesh.runtime.language.TokenHistory;
import io.owlmesh.wire.Deadlines;
import io.owlmesh.wire.Faults;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** One call of Score. */
final class ScoreCall implements StreamObserver<ScoreRequest> {
  private static final int MAX_CONTINUATIONS = 64;

  private final LlmEngine engine;
  private final ServerCallStreamObserver<ScoreResponse> out;
  private final PromptParts prompt;
  private final long deadline = Deadlines.nanoTime();
  private boolean started;
  private boolean failed;

  ScoreCall(LlmEngine engine, StreamObserver<ScoreResponse> out) {
    this.engine = engine;
    this.out = (ServerCallStreamObserver<ScoreResponse>) out;
    this.prompt = new PromptParts(engine);
  }

  @Override
  public void onNext(ScoreRequest request) {
    if (failed) {
      return;
    }
    try {
      if (started) {
        throw OwlException.badInput("step", "nothing may follow the continuations");
      }
      switch (request.getStepCase()) {
        case PART -> prompt.add(request.getPart());
        case CONTINUATIONS -> start(request.getContinuations());
        case STEP_NOT_SET ->
            throw OwlException.badInput("step", "is neither part nor continuations");
      }
    } catch (RuntimeException e) {
      fail(e);
    }
  }

  private void start(Continuations continuations) {
    int count = continuations.getTextsCount();
    if (count < 1 || count > MAX_CONTINUATIONS) {
      throw OwlException.badInput("texts", count + ", allowed are 1 to " + MAX_CONTINUATIONS);
    }
    List<int[]> ids = new ArrayList<>();
    for (String text : continuations.getTextsList()) {
      if (text.isEmpty()) {
        throw OwlException.badInput("texts[" + ids.size() + "]", "is empty");
      }
      ids.add(engine.tokenizer().encode(text));
    }
    int longest = ids.stream().mapToInt(i -> i.length).max().orElseThrow();
    PromptTokens tokens = prompt.tokens(longest);
    EnginePrompt read = prompt.forEngine(tokens);
    AdapterRegistry.Lease lease = engine.adapters().acquire(continuations.getAdapter());
    started = true;
    List<Scored> all = ids.stream().map(continuation -> new Scored(out, continuation)).toList();
    CompletableFuture.allOf(
            all.stream().map(scored -> scored.end).toArray(CompletableFuture[]::new))
        .whenComplete((_, failure) -> {
          lease.release();
          answer(all, failure);
        });
    for (Scored scored : all) {
      submit(scored, read, lease);
    }
  }

  private void submit(Scored scored, EnginePrompt read, AdapterRegistry.Lease lease) {
    try {
      engine
          .serving()
          .submit(
              new EngineRequest(
                  read,
                  List.of(),
                  lease.adapter(),
                  new DecodingStrategy.Samples(List.of(scored)),
                  scored.ids.length,
                  0,
                  deadline,
                  scored));
    } catch (RuntimeException e) {
      scored.failed(e);
    }
  }

  private void answer(List<Scored> all, @Nullable Throwable failure) {
    if (failure != null) {
      fail(
          failure instanceof CompletionException && failure.getCause() != null
              ? failure.getCause()
              : failure);
    } else if (!out.isCancelled()) {
      ScoreResponse.Builder response = ScoreResponse.newBuilder();
      all.forEach(scored -> response.addScores(scored.score()));
      out.onNext(response.build());
      out.onCompleted();
    }
  }

  /** A continuation on its way through the engine, which is told its tokens one by one. */
  private static final class Scored implements TokenSampler, TokenListener {
    private final ServerCallStreamObserver<ScoreResponse> out;
    private final int[] ids;
    private final CompletableFuture<Void> end = new CompletableFuture<>();
    private int next;
    private double sum;
    private boolean greedy = true;

    Scored(ServerCallStreamObserver<ScoreResponse> out, int[] ids) {
      this.out = out;
      this.ids = ids;
    }

    @Override
    public int choose(ForwardResult result, int segment, int position, TokenHistory history) {
      int id = ids[next++];
      sum += Scoring.logLikelihood(result.logits(segment, position), id);
      greedy &= result.likeliest(segment, position) == id;
      return id;
    }

    Score score() {
      return Score.newBuilder()
          .setLogLikelihood(sum)
          .setTokens(ids.length)
          .setGreedy(greedy)
          .build();
    }

    @Override
    public boolean isGone() {
      return out.isCancelled();
    }

    @Override
    public void finished() {
      end.complete(null);
    }

    @Override
    public void failed(RuntimeException why) {
      end.completeExceptionally(why);
    }
  }

  @Override
  public void onCompleted() {
    if (!started && !failed) {
      fail(OwlException.badInput("continuations", "are missing; they end the prompt"));
    }
  }

  @Override
  public void onError(Throwable cancelled) {
    failed = true;
  }

  private void fail(Throwable failure) {
    failed = true;
    if (!out.isCancelled()) { // gRPC may have ended the call itself, and it ends only once.
      out.onError(Faults.toStatus(failure));
    }
  }
}
