// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.owlmesh.model.Fault;
import io.owlmesh.model.OwlException;
import io.owlmesh.model.language.Embeddings;
import io.owlmesh.model.language.LoraAdapter;
import io.owlmesh.model.language.Scoring;
import io.owlmesh.model.language.Sequence;
import io.owlmesh.model.text.PromptTokens;
import io.owlmesh.proto.llm.v1.Continuations;
import io.owlmesh.proto.llm.v1.Score;
import io.owlmesh.proto.llm.v1.ScoreRequest;
import io.owlmesh.proto.llm.v1.ScoreResponse;
import io.owlmesh.wire.Deadlines;
import io.owlmesh.wire.Faults;
import java.util.ArrayList;
import java.util.List;

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
    engine.adapters().get(continuations.getAdapter());
    List<int[]> ids = new ArrayList<>();
    for (String text : continuations.getTextsList()) {
      if (text.isEmpty()) {
        throw OwlException.badInput("texts[" + ids.size() + "]", "is empty");
      }
      ids.add(engine.tokenizer().encode(text));
    }
    int longest = ids.stream().mapToInt(i -> i.length).max().orElseThrow();
    PromptTokens tokens = prompt.tokens(longest);
    started = true;
    engine
        .run(() -> score(tokens, ids, continuations.getAdapter()), deadline)
        .whenComplete((done, failure) -> {
          if (failure != null) {
            fail(failure);
          } else if (!out.isCancelled()) {
            out.onNext(done.value());
            out.onCompleted();
          }
        });
  }

  /** On the owner thread. */
  private ScoreResponse score(PromptTokens tokens, List<int[]> continuations, String name) {
    LoraAdapter adapter = engine.adapters().get(name);
    ScoreResponse.Builder response = ScoreResponse.newBuilder();
    for (int[] ids : continuations) {
      if (out.isCancelled()) {
        throw new OwlException(Fault.CANCELLED, "", "the caller went away");
      }
      try (Embeddings whole = prompt.embed(tokens, ids);
          Sequence sequence = engine.model().begin(whole.length(), adapter)) {
        Scoring.Score score = Scoring.of(sequence, whole, ids);
        response.addScores(
            Score.newBuilder()
                .setLogLikelihood(score.logLikelihood())
                .setTokens(score.tokens())
                .setGreedy(score.greedy()));
      }
    }
    return response.build();
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
