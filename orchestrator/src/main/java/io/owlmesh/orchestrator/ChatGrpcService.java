// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator;

import io.grpc.Context;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Scope;
import io.owlmesh.model.Fault;
import io.owlmesh.model.OwlException;
import io.owlmesh.proto.chat.v1.AnswerDone;
import io.owlmesh.proto.chat.v1.AnswerRequest;
import io.owlmesh.proto.chat.v1.AnswerResponse;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.proto.chat.v1.DescribeRequest;
import io.owlmesh.proto.chat.v1.DescribeResponse;
import io.owlmesh.wire.Faults;
import io.quarkus.grpc.GrpcService;
import jakarta.inject.Inject;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The wire of the front door: one virtual thread leads each answer through the stages. */
@GrpcService
public class ChatGrpcService extends ChatGrpc.ChatImplBase {
  private static final Logger LOG = Logger.getLogger(ChatGrpcService.class);

  private final Front front;
  private final OrchestratorConfig settings;
  private final Tracer tracer;
  private final Semaphore places;
  private final AtomicLong uploadBytes = new AtomicLong();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("deadlines").daemon(true).factory());

  @Inject
  ChatGrpcService(Front front, OrchestratorConfig settings, Tracer tracer) {
    this.front = front;
    this.settings = settings;
    this.tracer = tracer;
    this.places = new Semaphore(settings.maxAnswers());
  }

  @Override
  public StreamObserver<AnswerRequest> answer(StreamObserver<AnswerResponse> responses) {
    ServerCallStreamObserver<AnswerResponse> out =
        (ServerCallStreamObserver<AnswerResponse>) responses;
    Answering answering = new Answering(new Events(out));
    // Without a handler, sending to a caller who went away would throw.
    out.setOnCancelHandler(() -> answering.end(Status.CANCELLED.asRuntimeException(), null));
    try {
      front.watch().require();
      answering.enter();
    } catch (OwlException e) {
      answering.end(e, null);
    }
    return new AnswerCall(
        settings, answering::reserve, answering::start, failure -> answering.end(failure, null));
  }

  /** One answer from its first message to its end: holds a place, the trace and the deadline. */
  private final class Answering {
    private final Events events;
    private final Span span = tracer.spanBuilder("owl.answer").startSpan();
    private final Context.CancellableContext context = deadline();
    private boolean entered;
    private long reserved;
    private boolean ended;

    Answering(Events events) {
      this.events = events;
    }

    private Context.CancellableContext deadline() {
      Context caller = Context.current();
      return caller.getDeadline() != null
          ? caller.withCancellation()
          : caller.withDeadlineAfter(settings.deadline().toMillis(), TimeUnit.MILLISECONDS, clock);
    }

    synchronized void enter() {
      if (!places.tryAcquire()) {
        throw new OwlException(
            Fault.SATURATED,
            "",
            "%d answers are in work, the limit".formatted(settings.maxAnswers()));
      }
      entered = true;
    }

    synchronized void reserve(long bytes) {
      if (ended) {
        return;
      }
      long all = uploadBytes.addAndGet(bytes);
      reserved = bytes;
      if (all > settings.maxUploadBytes()) {
        throw new OwlException(
            Fault.SATURATED,
            "turns",
            "%d bytes of images, but %d are in work of at most %d"
                .formatted(bytes, all - bytes, settings.maxUploadBytes()));
      }
    }

    synchronized void start(Question question) {
      if (!ended) {
        threads.execute(context.wrap(() -> run(question)));
      }
    }

    private void run(Question question) {
      span.setAttribute("owl.images", question.imageCount());
      try (Scope _ = span.makeCurrent()) {
        AnswerDone done = front.pipeline().answer(question, events);
        end(null, done.toBuilder().setTraceId(span.getSpanContext().getTraceId()).build());
      } catch (StageFailure e) {
        end(e.fault(), null);
      } catch (RuntimeException e) {
        end(e, null);
      }
    }

    /** Exactly one of the two is there: why it failed, or the end of the answer. */
    synchronized void end(@Nullable Throwable failure, @Nullable AnswerDone done) {
      if (ended) {
        return;
      }
      ended = true;
      if (entered) {
        places.release();
      }
      uploadBytes.addAndGet(-reserved);
      if (done != null) {
        span.setAttribute("owl.prompt_tokens", done.getPromptTokens());
        span.setAttribute("owl.visual_tokens", done.getVisualTokens());
        span.setAttribute("owl.cached_images", done.getCachedImages());
        span.setAttribute("owl.completion_tokens", done.getCompletionTokens());
        events.done(done);
        log("OK", done);
      } else if (failure != null) {
        Status status = Faults.toStatus(failure).getStatus();
        span.setStatus(StatusCode.ERROR, status.getCode().name());
        events.fail(failure);
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
          span.getSpanContext().getTraceId());
    }
  }

  @Override
  public void describe(DescribeRequest request, StreamObserver<DescribeResponse> response) {
    Mesh mesh;
    try {
      mesh = front.watch().require();
    } catch (OwlException e) {
      response.onError(Faults.toStatus(e));
      return;
    }
    response.onNext(
        DescribeResponse.newBuilder()
            .setContext(mesh.context())
            .setVisualTokens(mesh.visualTokens())
            .addAllAdapters(mesh.adapters())
            .setDefaultAdapter(settings.defaultAdapter().orElse(""))
            .setMaxImages(settings.maxImages())
            .setMaxImageBytes(settings.maxImageBytes())
            .addAllDigests(mesh.digests())
            .build());
    response.onCompleted();
  }
}
