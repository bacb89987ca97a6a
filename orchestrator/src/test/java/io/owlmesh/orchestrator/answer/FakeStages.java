// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.answer;

import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.owlmesh.proto.abstractor.v1.AbstractRequest;
import io.owlmesh.proto.abstractor.v1.AbstractResponse;
import io.owlmesh.proto.abstractor.v1.VisualAbstractorGrpc;
import io.owlmesh.proto.llm.v1.FinishReason;
import io.owlmesh.proto.llm.v1.Finished;
import io.owlmesh.proto.llm.v1.GenerateRequest;
import io.owlmesh.proto.llm.v1.GenerateResponse;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import io.owlmesh.proto.llm.v1.Token;
import io.owlmesh.proto.llm.v1.Usage;
import io.owlmesh.proto.tensor.v1.Lineage;
import io.owlmesh.proto.tensor.v1.Tensor;
import io.owlmesh.proto.vision.v1.EncodeRequest;
import io.owlmesh.proto.vision.v1.EncodeResponse;
import io.owlmesh.proto.vision.v1.VisionEncoderGrpc;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/** Stages that compute nothing and fail when told to. */
final class FakeStages implements AutoCloseable {
  /** What {@link VisualMemory} expects the tokens to be made by. */
  static final String WEIGHTS = VisualMemory.weights("V", "A");

  /** Statuses with which the next calls to a stage end at once. */
  final Map<Stage, Queue<Status>> failures = new EnumMap<>(Stage.class);

  /** What is done to the answers about images before they leave. */
  UnaryOperator<EncodeResponse> lie = response -> response;

  final Map<Stage, AtomicInteger> calls = new EnumMap<>(Stage.class);
  final AtomicInteger tokensSent = new AtomicInteger();
  final Stages channels;
  int tokens = 2;

  /** The digest that visual tokens say they were made by. */
  String vision = "V";

  /** Runs before the vision stage takes an image. */
  Runnable beforeVision = () -> {};

  private final Server server;

  FakeStages(String name) throws IOException {
    for (Stage stage : Stage.values()) {
      failures.put(stage, new ConcurrentLinkedQueue<>());
      calls.put(stage, new AtomicInteger());
    }
    server =
        InProcessServerBuilder.forName(name)
            .intercept(new Failing())
            .addService(new Vision())
            .addService(new Abstractor())
            .addService(new Llm())
            .build()
            .start();
    String address = "inprocess:" + name;
    channels =
        new Stages(
            Map.of(Stage.VISION, address, Stage.ABSTRACTOR, address, Stage.LLM, address),
            new Untraced());
  }

  void fail(Stage stage, Status status, int times) {
    for (int i = 0; i < times; i++) {
      at(failures, stage).add(status);
    }
  }

  int calls(Stage stage) {
    return at(calls, stage).get();
  }

  private static <T> T at(Map<Stage, T> map, Stage stage) {
    T value = map.get(stage);
    if (value == null) {
      throw new IllegalStateException("no " + stage);
    }
    return value;
  }

  @Override
  public void close() {
    channels.close();
    server.shutdownNow();
  }

  private static final class Untraced implements io.grpc.ClientInterceptor {
    @Override
    public <Q, R> io.grpc.ClientCall<Q, R> interceptCall(
        io.grpc.MethodDescriptor<Q, R> method, io.grpc.CallOptions options, io.grpc.Channel next) {
      return next.newCall(method, options);
    }
  }

  private final class Failing implements ServerInterceptor {
    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
      String service = String.valueOf(call.getMethodDescriptor().getServiceName());
      Stage stage =
          service.contains("vision")
              ? Stage.VISION
              : service.contains("abstractor") ? Stage.ABSTRACTOR : Stage.LLM;
      at(calls, stage).incrementAndGet();
      Status failure = at(failures, stage).poll();
      if (failure == null) {
        return next.startCall(call, headers);
      }
      call.close(failure, new Metadata());
      return new ServerCall.Listener<>() {};
    }
  }

  /** Answers each request with one response. */
  private record Each<Q, R>(java.util.function.Function<Q, R> work, StreamObserver<R> out)
      implements StreamObserver<Q> {
    @Override
    public void onNext(Q request) {
      out.onNext(work.apply(request));
    }

    @Override
    public void onError(Throwable cancelled) {}

    @Override
    public void onCompleted() {
      out.onCompleted();
    }
  }

  private final class Vision extends VisionEncoderGrpc.VisionEncoderImplBase {
    @Override
    public StreamObserver<EncodeRequest> encode(StreamObserver<EncodeResponse> out) {
      return new Each<>(
          request -> {
            beforeVision.run();
            return lie.apply(
                EncodeResponse.newBuilder()
                    .setId(request.getId())
                    .setFeatures(Tensor.newBuilder().setData(request.getImage()))
                    .build());
          },
          out);
    }
  }

  private final class Abstractor extends VisualAbstractorGrpc.VisualAbstractorImplBase {
    @Override
    public StreamObserver<AbstractRequest> abstract_(StreamObserver<AbstractResponse> out) {
      return new Each<>(
          request ->
              AbstractResponse.newBuilder()
                  .setId(request.getId())
                  .setVisualTokens(
                      request.getFeatures().toBuilder()
                          .setLineage(
                              Lineage.newBuilder()
                                  .setVisionDigest(vision)
                                  .setAbstractorDigest("A")))
                  .build(),
          out);
    }
  }

  /** Says back what it was shown: an image is its bytes, in brackets. */
  private final class Llm extends LanguageModelGrpc.LanguageModelImplBase {
    @Override
    public StreamObserver<GenerateRequest> generate(StreamObserver<GenerateResponse> responses) {
      var out = (ServerCallStreamObserver<GenerateResponse>) responses;
      StringBuilder prompt = new StringBuilder();
      Queue<GenerateResponse> answer = new ArrayDeque<>();
      Runnable drain =
          () -> {
            while (out.isReady() && !answer.isEmpty()) {
              GenerateResponse next = answer.remove();
              out.onNext(next);
              if (next.hasFinished()) {
                out.onCompleted();
              } else {
                tokensSent.incrementAndGet();
              }
            }
          };
      out.setOnReadyHandler(drain);
      return new StreamObserver<>() {
        @Override
        public void onNext(GenerateRequest request) {
          if (request.hasPart()) {
            prompt.append(request.getPart().getText());
            if (request.getPart().hasVisualTokens()) {
              String shown = request.getPart().getVisualTokens().getData().toStringUtf8();
              prompt.append('[').append(shown).append(']');
            }
            return;
          }
          for (int i = 0; i < tokens; i++) {
            Token.Builder token = Token.newBuilder().setText(i == 0 ? prompt.toString() : "+");
            answer.add(GenerateResponse.newBuilder().setToken(token).build());
          }
          answer.add(
              GenerateResponse.newBuilder()
                  .setFinished(
                      Finished.newBuilder()
                          .setReason(FinishReason.FINISH_REASON_STOP)
                          .setUsage(Usage.newBuilder().setCompletionTokens(tokens)))
                  .build());
          drain.run();
        }

        @Override
        public void onError(Throwable cancelled) {}

        @Override
        public void onCompleted() {}
      };
    }
  }
}
