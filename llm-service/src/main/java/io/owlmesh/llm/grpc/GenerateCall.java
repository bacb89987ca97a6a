// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.grpc;

import io.grpc.Context;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Scope;
import io.owlmesh.core.OwlException;
import io.owlmesh.llm.GenAi;
import io.owlmesh.llm.LlmEngine;
import io.owlmesh.llm.adapters.AdapterRegistry;
import io.owlmesh.llm.engine.AnswerStats;
import io.owlmesh.llm.engine.DecodingStrategy;
import io.owlmesh.llm.engine.EnginePrompt;
import io.owlmesh.llm.engine.EngineRequest;
import io.owlmesh.llm.engine.TokenListener;
import io.owlmesh.model.text.PromptTokens;
import io.owlmesh.proto.llm.v1.FinishReason;
import io.owlmesh.proto.llm.v1.Finished;
import io.owlmesh.proto.llm.v1.GenerateRequest;
import io.owlmesh.proto.llm.v1.GenerateResponse;
import io.owlmesh.proto.llm.v1.GenerateTimings;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import io.owlmesh.proto.llm.v1.PromptAccepted;
import io.owlmesh.proto.llm.v1.Usage;
import io.owlmesh.wire.Deadlines;
import io.owlmesh.wire.Faults;
import java.util.ArrayList;
import java.util.List;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One call of Generate, and the reader of its answer: while the caller takes no more, the answer
 * pauses.
 */
final class GenerateCall implements StreamObserver<GenerateRequest>, TokenListener {
  private static final Logger LOG = Logger.getLogger(GenerateCall.class);
  private static final AttributeKey<Long> CACHED = AttributeKey.longKey("owl.cached_tokens");

  private final LlmEngine engine;
  private final int defaultTokens;
  private final ServerCallStreamObserver<GenerateResponse> out;
  private final Span span;
  private final PromptParts prompt;
  private final Context context = Context.current();
  private final long deadline = Deadlines.nanoTime();
  private AdapterRegistry.@Nullable Lease lease;
  private int promptTokens;
  private int resumed;
  // The limit of tokens in place of the one asked for; 0 if that stands.
  private int clamped;
  private long tokenizing;
  private final List<AnswerWriter> writers = new ArrayList<>();
  private final List<FinishReason> reasons = new ArrayList<>();
  private int cached;
  private int generated;
  private boolean decoding;
  private volatile boolean ended;

  GenerateCall(
      LlmEngine engine, int defaultTokens, StreamObserver<GenerateResponse> out, Span span) {
    this.engine = engine;
    this.defaultTokens = defaultTokens;
    this.out = (ServerCallStreamObserver<GenerateResponse>) out;
    this.span = span;
    this.prompt = new PromptParts(engine);
    this.out.setOnCancelHandler(this::cancelled);
  }

  @Override
  public void onNext(GenerateRequest request) {
    if (ended) {
      return;
    }
    try {
      if (lease != null) {
        throw OwlException.badInput("step", "nothing may follow the options");
      }
      switch (request.getStepCase()) {
        case PART -> prompt.add(request.getPart());
        case OPTIONS -> start(request.getOptions());
        case STEP_NOT_SET -> throw OwlException.badInput("step", "is neither part nor options");
      }
    } catch (RuntimeException e) {
      fail(e);
    }
  }

  private void start(GenerationOptions options) {
    GenerationParams limits =
        GenerationParams.of(
            options,
            engine.config(),
            defaultTokens,
            engine.serving().limits().maxSequences(),
            engine.constraints(options.getContinues()));
    long begin = System.nanoTime();
    PromptTokens tokens = prompt.tokens(limits.resumed().size() + 1);
    EnginePrompt read = prompt.forEngine(tokens);
    promptTokens = tokens.length();
    tokenizing = System.nanoTime() - begin;
    int positions =
        Math.min(engine.config().language().context(), engine.serving().limits().cachePositions());
    int room = Math.max(positions - tokens.length(), 1);
    int maxTokens = Math.min(limits.maxTokens(), room);
    if (limits.resumed().size() >= maxTokens) {
      throw OwlException.badInput(
          "resumed_tokens",
          "%d ids, but there is room for %d".formatted(limits.resumed().size(), maxTokens));
    }
    resumed = limits.resumed().size();
    clamped = options.hasMaxNewTokens() && maxTokens < options.getMaxNewTokens() ? maxTokens : 0;
    DecodingStrategy choosing = limits.choosing(writers(limits));
    AdapterRegistry.Lease taken = engine.adapters().acquire(limits.adapter());
    lease = taken;
    GenAi.request(span, engine.name(), options);
    span.addEvent("queue");
    out.onNext(
        GenerateResponse.newBuilder()
            .setAccepted(
                PromptAccepted.newBuilder()
                    .setPromptTokens(tokens.length())
                    .setVisualTokens(prompt.visualPositions()))
            .build());
    try {
      engine
          .serving()
          .submit(
              new EngineRequest(
                  read,
                  limits.resumed(),
                  taken.adapter(),
                  choosing,
                  maxTokens,
                  limits.priority(),
                  deadline,
                  this));
    } catch (RuntimeException e) {
      taken.release();
      throw e;
    }
  }

  /** Makes the answers' writers; returns what they need to know of each token, if anything. */
  private List<Likelihoods> writers(GenerationParams limits) {
    List<Likelihoods> all = new ArrayList<>();
    for (int i = 0; i < limits.answers(); i++) {
      Likelihoods likelihoods = null;
      if (limits.topLogprobs() >= 0) {
        likelihoods = new Likelihoods(limits.chooser(i), limits.topLogprobs());
        all.add(likelihoods);
      }
      AnswerWriter writer =
          new AnswerWriter(
              i, engine.tokenizer(), limits.continues(), new StopText(limits.stop()), likelihoods);
      limits.resumed().forEach(writer::resume);
      if (writer.isStopped()) {
        throw OwlException.badInput("resumed_tokens", "a stop has ended the answer");
      }
      writers.add(writer);
    }
    return all;
  }

  @Override
  public boolean isReady() {
    return out.isReady();
  }

  @Override
  public boolean isGone() {
    return ended || context.isCancelled() || out.isCancelled();
  }

  @Override
  public void admitted(long queueNanos, int cachedPositions) {
    span.addEvent("prefill", Attributes.of(CACHED, (long) cachedPositions));
  }

  @Override
  public boolean token(int answer, int id) {
    if (!decoding) {
      decoding = true;
      span.addEvent("decode");
    }
    engine.metrics().token();
    AnswerWriter writer = writers.get(answer);
    out.onNext(writer.token(id));
    return !writer.isStopped();
  }

  @Override
  public void ended(int answer, AnswerStats stats) {
    try (Scope _ = span.makeCurrent()) { // The histograms keep its trace as an exemplar.
      engine.metrics().ended(stats, promptTokens, resumed);
    }
    cached = stats.cachedPositions();
    generated += stats.tokens();
    Finished.Builder end =
        writers
            .get(answer)
            .ended(stats)
            .setUsage(usage(stats.tokens()))
            .setTimings(
                GenerateTimings.newBuilder()
                    .setQueueMicros(stats.queueNanos() / 1000)
                    .setPrefillMicros((tokenizing + stats.prefillNanos()) / 1000)
                    .setDecodeMicros(stats.decodeNanos() / 1000));
    reasons.add(end.getReason());
    out.onNext(GenerateResponse.newBuilder().setFinished(end).build());
  }

  private Usage usage(int tokens) {
    Usage.Builder usage =
        Usage.newBuilder()
            .setPromptTokens(promptTokens)
            .setVisualTokens(prompt.visualPositions())
            .setCompletionTokens(tokens)
            .setCachedPromptTokens(cached);
    if (clamped > 0) {
      usage.setClampedMaxNewTokens(clamped);
    }
    return usage.build();
  }

  @Override
  public void finished() {
    release();
    GenAi.response(span, usage(generated), reasons);
    if (end(Status.OK, usage(generated))) {
      out.onCompleted();
    }
  }

  @Override
  public void failed(RuntimeException why) {
    release();
    fail(why);
  }

  private void release() {
    AdapterRegistry.Lease taken = lease;
    if (taken != null) {
      taken.release();
    }
  }

  @Override
  public void onCompleted() {
    if (lease == null && !ended) {
      fail(OwlException.badInput("options", "are missing; they end the prompt"));
    }
  }

  @Override
  public void onError(Throwable cancelled) {
    cancelled();
  }

  private void cancelled() {
    end(Status.CANCELLED, Usage.getDefaultInstance());
  }

  private void fail(Throwable failure) {
    var status = Faults.toStatus(failure);
    if (status.getStatus().getCode() == Status.Code.INTERNAL) {
      LOG.error("Generate failed", failure);
    }
    if (end(status.getStatus(), Usage.getDefaultInstance())) {
      out.onError(status);
    }
  }

  /** Ends the span once; whether the call had not ended before. */
  private synchronized boolean end(Status status, Usage usage) {
    if (ended) {
      return false;
    }
    ended = true;
    span.setAttribute("owl.images", prompt.images());
    span.setAttribute("owl.prompt_tokens", usage.getPromptTokens());
    span.setAttribute("owl.visual_tokens", usage.getVisualTokens());
    span.setAttribute("owl.completion_tokens", usage.getCompletionTokens());
    span.setAttribute("owl.resumed_tokens", resumed);
    if (!status.isOk()) {
      span.setStatus(StatusCode.ERROR, status.getCode().name());
    }
    span.end();
    return true;
  }
}
