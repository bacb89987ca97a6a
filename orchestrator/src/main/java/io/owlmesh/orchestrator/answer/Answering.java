// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.answer;

import io.grpc.Context;
import io.grpc.Status;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Scope;
import io.owlmesh.proto.chat.v1.AnswerDone;
import io.owlmesh.wire.Faults;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * One answer from its request to its end: holds a place, the trace and the deadline. A virtual
 * thread leads it through the stages.
 */
public final class Answering {
  private static final Logger LOG = Logger.getLogger(Answering.class);

  private final Answers answers;
  private final Caller caller;
  private final Span span;
  private final Context.CancellableContext context;
  private boolean entered;
  private long reserved;
  private boolean ended;

  Answering(Answers answers, Caller caller, Span span, Context.CancellableContext context) {
    this.answers = answers;
    this.caller = caller;
    this.span = span;
    this.context = context;
  }

  synchronized void enter() {
    answers.takePlace();
    entered = true;
  }

  /**
   * Counts bytes of images that are to be kept until the answer ends.
   *
   * @throws io.owlmesh.model.OwlException SATURATED if all answers hold too many
   */
  public synchronized void reserve(long bytes) {
    if (!ended) {
      reserved += bytes;
      answers.take(bytes);
    }
  }

  /**
   * Leads a question through the stages. Does nothing if the answer is over.
   *
   * @param question asked on the thread of the answer, may block and fail
   */
  public synchronized void start(Supplier<Question> question) {
    if (!ended) {
      answers.execute(context.wrap(() -> run(question)));
    }
  }

  private void run(Supplier<Question> asked) {
    try (Scope _ = span.makeCurrent()) {
      Question question = asked.get();
      span.setAttribute("owl.images", question.images().size());
      AnswerDone done = answers.pipeline().answer(question, caller);
      end(null, done.toBuilder().setTraceId(traceId()).build());
    } catch (StageFailure e) {
      fail(e.fault());
    } catch (RuntimeException e) {
      fail(e);
    }
  }

  /** Ends the answer, and the work of the stages on it. Does nothing if it is over. */
  public void fail(Throwable failure) {
    end(failure, null);
  }

  /** Whoever asked went away. */
  public void cancel() {
    fail(Status.CANCELLED.asRuntimeException());
  }

  /** 32 hex digits. */
  public String traceId() {
    return span.getSpanContext().getTraceId();
  }

  /** Exactly one of the two is there: why it failed, or the end of the answer. */
  private synchronized void end(@Nullable Throwable failure, @Nullable AnswerDone done) {
    if (ended) {
      return;
    }
    ended = true;
    if (entered) {
      answers.leavePlace();
    }
    answers.giveBack(reserved);
    if (done != null) {
      span.setAttribute("owl.prompt_tokens", done.getPromptTokens());
      span.setAttribute("owl.visual_tokens", done.getVisualTokens());
      span.setAttribute("owl.cached_images", done.getCachedImages());
      span.setAttribute("owl.completion_tokens", done.getCompletionTokens());
      caller.done(done);
      log("OK", done);
    } else if (failure != null) {
      Status status = Faults.toStatus(failure).getStatus();
      span.setStatus(StatusCode.ERROR, status.getCode().name());
      caller.fail(failure);
      log(status.getCode().name(), AnswerDone.getDefaultInstance());
      if (status.getCode() == Status.Code.INTERNAL) {
        LOG.error("An answer failed", failure);
      }
    }
    span.end();
    // Ends the calls to the stages that are still running.
    context.cancel(null);
  }

  private void log(String status, AnswerDone done) {
    LOG.infof(
        "answer %s: %d prompt and %d new tokens, %d ms, trace %s",
        status,
        done.getPromptTokens(),
        done.getCompletionTokens(),
        done.getTimings().getTotalMicros() / 1000,
        traceId());
  }
}
