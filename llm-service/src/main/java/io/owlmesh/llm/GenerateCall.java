// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm;

import io.grpc.Context;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.owlmesh.model.Fault;
import io.owlmesh.model.OwlException;
import io.owlmesh.model.language.Embeddings;
import io.owlmesh.model.language.Generation;
import io.owlmesh.model.language.LoraAdapter;
import io.owlmesh.model.language.Sampler;
import io.owlmesh.model.language.Sequence;
import io.owlmesh.model.text.Detokenizer;
import io.owlmesh.model.text.PromptTokens;
import io.owlmesh.proto.llm.v1.FinishReason;
import io.owlmesh.proto.llm.v1.Finished;
import io.owlmesh.proto.llm.v1.GenerateRequest;
import io.owlmesh.proto.llm.v1.GenerateResponse;
import io.owlmesh.proto.llm.v1.GenerateTimings;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import io.owlmesh.proto.llm.v1.PromptAccepted;
import io.owlmesh.proto.llm.v1.Token;
import io.owlmesh.proto.llm.v1.Usage;
import io.owlmesh.wire.Deadlines;
import io.owlmesh.wire.Faults;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One call of Generate. Answers are bounded by the context, a few kilobytes, so tokens are handed
 * to the wire without waiting for the reader: a slow one holds up nobody.
 */
final class GenerateCall implements StreamObserver<GenerateRequest> {
  private static final Logger LOG = Logger.getLogger(GenerateCall.class);

  private final LlmEngine engine;
  private final int defaultTokens;
  private final ServerCallStreamObserver<GenerateResponse> out;
  private final Span span;
  private final PromptParts prompt;
  private final Context context = Context.current();
  private final long deadline = Deadlines.nanoTime();
  private @Nullable CompletableFuture<?> work;
  private boolean ended;

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
      if (work != null) {
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
    AnswerLimits limits = AnswerLimits.of(options, engine.config(), defaultTokens);
    engine.adapters().get(limits.adapter()); // Unknown ones are refused before anything waits.
    long begin = System.nanoTime();
    PromptTokens tokens = prompt.tokens(1);
    long tokenizing = System.nanoTime() - begin;
    int room = engine.config().language().context() - tokens.length();
    int maxTokens = Math.min(limits.maxTokens(), room);
    out.onNext(
        GenerateResponse.newBuilder()
            .setAccepted(
                PromptAccepted.newBuilder()
                    .setPromptTokens(tokens.length())
                    .setVisualTokens(prompt.visualPositions()))
            .build());
    CompletableFuture<LlmEngine.Done<Finished.Builder>> answer =
        engine.run(() -> generate(tokens, tokenizing, limits, maxTokens), deadline);
    work = answer;
    answer.whenComplete(this::finish);
  }

  /** On the owner thread. */
  private Finished.Builder generate(
      PromptTokens tokens, long tokenizing, AnswerLimits limits, int maxTokens) {
    long begin = System.nanoTime();
    LoraAdapter adapter = engine.adapters().get(limits.adapter());
    Writer writer = new Writer(new Detokenizer(engine.tokenizer()));
    Sampler sampler = new Sampler(limits.sampling());
    try (Embeddings inputs = prompt.embed(tokens);
        Sequence sequence = engine.model().begin(tokens.length() + maxTokens, adapter)) {
      long setup = tokenizing + System.nanoTime() - begin;
      Generation.Result result = Generation.run(sequence, inputs, sampler, maxTokens, writer);
      return Finished.newBuilder()
          .setReason(
              switch (result.end()) {
                case STOP -> FinishReason.FINISH_REASON_STOP;
                case LENGTH -> FinishReason.FINISH_REASON_LENGTH;
              })
          .setText(writer.detokenizer.finish())
          .setUsage(
              Usage.newBuilder()
                  .setPromptTokens(tokens.length())
                  .setVisualTokens(prompt.visualPositions())
                  .setCompletionTokens(result.tokens()))
          .setTimings(
              GenerateTimings.newBuilder()
                  .setPrefillMicros(TimeUnit.NANOSECONDS.toMicros(setup + result.prefillNanos()))
                  .setDecodeMicros(TimeUnit.NANOSECONDS.toMicros(result.decodeNanos())));
    }
  }

  /** Sends tokens as they are chosen; stops the answer when nobody waits for it. */
  private final class Writer implements Generation.Listener {
    private final Detokenizer detokenizer;

    Writer(Detokenizer detokenizer) {
      this.detokenizer = detokenizer;
    }

    @Override
    public void check() {
      if (context.isCancelled() || out.isCancelled()) {
        throw new OwlException(Fault.CANCELLED, "", "the caller went away");
      }
      if (deadline != Long.MAX_VALUE && System.nanoTime() - deadline > 0) {
        throw new OwlException(Fault.TOO_LATE, "", "the deadline passed while generating");
      }
    }

    @Override
    public void token(int id) {
      out.onNext(
          GenerateResponse.newBuilder()
              .setToken(Token.newBuilder().setId(id).setText(detokenizer.next(id)))
              .build());
    }
  }

  private void finish(
      LlmEngine.@Nullable Done<Finished.Builder> done, @Nullable Throwable failure) {
    if (done == null) {
      fail(failure == null ? new IllegalStateException("neither result nor failure") : failure);
      return;
    }
    Finished.Builder finished = done.value();
    finished.getTimingsBuilder().setQueueMicros(done.queueNanos() / 1000);
    if (end(Status.OK, finished.getUsage())) {
      out.onNext(GenerateResponse.newBuilder().setFinished(finished).build());
      out.onCompleted();
    }
  }

  @Override
  public void onCompleted() {
    if (work == null && !ended) {
      fail(OwlException.badInput("options", "are missing; they end the prompt"));
    }
  }

  @Override
  public void onError(Throwable cancelled) {
    cancelled();
  }

  private void cancelled() {
    CompletableFuture<?> running = work;
    if (running != null) {
      running.cancel(false); // If it has not begun; else the next check() notices.
    }
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
    if (!status.isOk()) {
      span.setStatus(StatusCode.ERROR, status.getCode().name());
    }
    span.end();
    return true;
  }
}
