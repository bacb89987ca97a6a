// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.orchestrator.mesh.MeshReplicas;
import io.owlmesh.orchestrator.mesh.ReplicaPool;
import io.owlmesh.orchestrator.mesh.ReplicaSettings;
import io.owlmesh.orchestrator.mesh.StageKind;
import io.owlmesh.orchestrator.mesh.discovery.ReplicaAddressSource;
import io.owlmesh.orchestrator.mesh.discovery.ReplicaAddresses;
import io.owlmesh.proto.abstractor.v1.ResampleRequest;
import io.owlmesh.proto.abstractor.v1.ResampleResponse;
import io.owlmesh.proto.abstractor.v1.VisualAbstractorGrpc;
import io.owlmesh.proto.llm.v1.Adapter;
import io.owlmesh.proto.llm.v1.DescribeResponse;
import io.owlmesh.proto.llm.v1.FinishReason;
import io.owlmesh.proto.llm.v1.Finished;
import io.owlmesh.proto.llm.v1.GenerateRequest;
import io.owlmesh.proto.llm.v1.GenerateResponse;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import io.owlmesh.proto.llm.v1.ListModelsRequest;
import io.owlmesh.proto.llm.v1.ListModelsResponse;
import io.owlmesh.proto.llm.v1.Model;
import io.owlmesh.proto.llm.v1.PromptAccepted;
import io.owlmesh.proto.llm.v1.Token;
import io.owlmesh.proto.llm.v1.TokenizeRequest;
import io.owlmesh.proto.llm.v1.TokenizeResponse;
import io.owlmesh.proto.llm.v1.Usage;
import io.owlmesh.proto.tensor.v1.Lineage;
import io.owlmesh.proto.tensor.v1.Tensor;
import io.owlmesh.proto.vision.v1.EncodeRequest;
import io.owlmesh.proto.vision.v1.EncodeResponse;
import io.owlmesh.proto.vision.v1.VisionEncoderGrpc;
import io.owlmesh.wire.TensorCodec;
import io.owlmesh.wire.tls.MeshTls;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/** Stages that compute nothing and fail when told to. */
public final class FakeStages implements AutoCloseable {
  /** Positions that the model says it has. */
  public static final int CONTEXT = 400;

  /** Positions that it says an image takes. */
  public static final int VISUAL_TOKENS = 10;

  /** Of every prompt, as the language model tells it at once. */
  public static final int PROMPT_TOKENS = 7;

  /** Statuses with which the next calls to a stage end at once. */
  final Map<StageKind, Queue<Status>> failures = new EnumMap<>(StageKind.class);

  /** What is done to the answers about images before they leave. */
  public volatile UnaryOperator<EncodeResponse> lie = response -> response;

  final Map<StageKind, AtomicInteger> calls = new EnumMap<>(StageKind.class);
  final AtomicInteger tokensSent = new AtomicInteger();
  final String address;

  /** Calls with images, and with questions. */
  final AtomicInteger looks = new AtomicInteger();

  final AtomicInteger questions = new AtomicInteger();
  private final Set<StageKind> hanging = ConcurrentHashMap.newKeySet();

  /** Whether the language model falls silent in its answers. */
  public volatile boolean stopAfterFirstToken;

  volatile int tokens = 2;
  private volatile String said = "";

  /** What the language model has been shown of the question that is coming in. */
  volatile String shown = "";

  private volatile GenerationOptions lastOptions = GenerationOptions.getDefaultInstance();

  /** What the queries attend to: two of them, over 2 x 2 patches, in two layers. */
  private volatile HostTensor attention =
      HostTensor.ofFloats(
          new float[] {.1f, .2f, .3f, .4f, 1, 0, 0, 0, .5f, .5f, 0, 0, 0, 0, 0, .25f}, 2, 2, 4);

  /** The digest that visual tokens say they were made by. */
  String vision = "V";

  /** Runs before the vision stage takes an image. */
  Runnable beforeVision = () -> {};

  private final Server server;

  FakeStages(String name) throws IOException {
    for (StageKind stage : StageKind.values()) {
      failures.put(stage, new ConcurrentLinkedQueue<>());
      calls.put(stage, new AtomicInteger());
    }
    String plain = name.replaceAll("[^A-Za-z0-9._-]", "");
    server =
        InProcessServerBuilder.forName(plain)
            .intercept(new Failing())
            .addService(new Vision())
            .addService(new Abstractor())
            .addService(new Llm())
            .build()
            .start();
    address = "inprocess:" + plain;
  }

  /** Replicas of the stages: these alone, once they are there. */
  MeshReplicas replicas(int maxCalls) throws InterruptedException {
    return replicas(
        maxCalls,
        Map.of(StageKind.VISION, address, StageKind.ABSTRACTOR, address, StageKind.LLM, address));
  }

  /**
   * Replicas of the stages, once there is one of each.
   *
   * @param settings as the orchestrator takes them
   */
  static MeshReplicas replicas(int maxCalls, Map<StageKind, String> settings)
      throws InterruptedException {
    Map<StageKind, ReplicaAddresses> addresses = new EnumMap<>(StageKind.class);
    settings.forEach(
        (stage, setting) -> addresses.put(stage, ReplicaAddressSource.of(setting, "setting")));
    MeshReplicas replicas =
        new MeshReplicas(
            "",
            addresses,
            new ReplicaPool(
                new Untraced(),
                MeshTls.none(),
                new ReplicaSettings(
                    maxCalls, Duration.ofMillis(50), Duration.ZERO, "expected-time")));
    replicas.start();
    for (int tries = 0; ; tries++) {
      try {
        replicas.groups().inUse();
        return replicas;
      } catch (OwlException e) {
        if (tries > 1_000) {
          throw e;
        }
        TimeUnit.MILLISECONDS.sleep(10);
      }
    }
  }

  /** How many tokens answers have from now on. */
  public void tokens(int count) {
    tokens = count;
  }

  /** What the queries attend to from now on, [layers, queries, patches]. */
  public void attend(float[] values, long... shape) {
    attention = HostTensor.ofFloats(values, shape);
  }

  /** What answers begin with from now on; empty: with what was asked. */
  public void say(String text) {
    said = text;
  }

  /** How the last question was to be answered. */
  public GenerationOptions lastOptions() {
    return lastOptions;
  }

  /** Calls to a stage are taken and never answered, from now on. */
  void hang(StageKind stage) {
    hanging.add(stage);
  }

  /** The next calls to a stage fail. */
  public void fail(StageKind stage, Status status, int times) {
    for (int i = 0; i < times; i++) {
      at(failures, stage).add(status);
    }
  }

  int calls(StageKind stage) {
    return at(calls, stage).get();
  }

  private static <T> T at(Map<StageKind, T> map, StageKind stage) {
    T value = map.get(stage);
    if (value == null) {
      throw new IllegalStateException("no " + stage);
    }
    return value;
  }

  @Override
  public void close() {
    server.shutdownNow();
  }

  static final class Untraced implements io.grpc.ClientInterceptor {
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
      StageKind stage =
          service.contains("vision")
              ? StageKind.VISION
              : service.contains("abstractor") ? StageKind.ABSTRACTOR : StageKind.LLM;
      String method = String.valueOf(call.getMethodDescriptor().getBareMethodName());
      if (!Set.of("Encode", "Resample", "Generate", "Tokenize").contains(method)) {
        return next.startCall(call, headers);
      }
      at(calls, stage).incrementAndGet();
      Status failure = at(failures, stage).poll();
      if (hanging.contains(stage)) {
        call.request(100);
        return new ServerCall.Listener<>() {};
      }
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
    public void describe(
        io.owlmesh.proto.vision.v1.DescribeRequest request,
        StreamObserver<io.owlmesh.proto.vision.v1.DescribeResponse> out) {
      out.onNext(
          io.owlmesh.proto.vision.v1.DescribeResponse.newBuilder().setVisionDigest("V").build());
      out.onCompleted();
    }

    @Override
    public StreamObserver<EncodeRequest> encode(StreamObserver<EncodeResponse> out) {
      return new Each<>(
          request -> {
            looks.incrementAndGet();
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
    public void describe(
        io.owlmesh.proto.abstractor.v1.DescribeRequest request,
        StreamObserver<io.owlmesh.proto.abstractor.v1.DescribeResponse> out) {
      out.onNext(
          io.owlmesh.proto.abstractor.v1.DescribeResponse.newBuilder()
              .setVisionDigest("V")
              .setAbstractorDigest("A")
              .build());
      out.onCompleted();
    }

    @Override
    public StreamObserver<ResampleRequest> resample(StreamObserver<ResampleResponse> out) {
      return new Each<>(
          request ->
              request.getAttention()
                  ? ResampleResponse.newBuilder()
                      .setId(request.getId())
                      .setAttention(TensorCodec.toProto(attention, Lineage.getDefaultInstance()))
                      .build()
                  : ResampleResponse.newBuilder()
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
    public void listModels(ListModelsRequest request, StreamObserver<ListModelsResponse> out) {
      out.onNext(
          ListModelsResponse.newBuilder()
              .addModels(
                  Model.newBuilder()
                      .setName("parrot")
                      .setDescription(
                          DescribeResponse.newBuilder()
                              .setVisionDigest("V")
                              .setAbstractorDigest("A")
                              .setLanguageDigest("L")
                              .setContext(CONTEXT)
                              .setVisualTokens(VISUAL_TOKENS)
                              .setChatTemplate("mplug-owl"))
                      .addAdapters(Adapter.newBuilder().setName("polite")))
              .build());
      out.onCompleted();
    }

    /** A word is a token. */
    @Override
    public void tokenize(TokenizeRequest request, StreamObserver<TokenizeResponse> out) {
      TokenizeResponse.Builder ids = TokenizeResponse.newBuilder();
      for (String _ : request.getText().trim().split("\\s+", -1)) {
        ids.addIds(1);
      }
      out.onNext(ids.build());
      out.onCompleted();
    }

    @Override
    public StreamObserver<GenerateRequest> generate(StreamObserver<GenerateResponse> responses) {
      var out = (ServerCallStreamObserver<GenerateResponse>) responses;
      StringBuilder prompt = new StringBuilder();
      Queue<GenerateResponse> answer = new ArrayDeque<>();
      Runnable drain =
          () -> {
            while (out.isReady() && !answer.isEmpty()) {
              if (stopAfterFirstToken && answer.size() < tokens + 1) {
                return;
              }
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
              String image = request.getPart().getVisualTokens().getData().toStringUtf8();
              prompt.append('[').append(image).append(']');
            }
            shown = prompt.toString();
            return;
          }
          questions.incrementAndGet();
          lastOptions = request.getOptions();
          out.onNext(
              GenerateResponse.newBuilder()
                  .setAccepted(PromptAccepted.newBuilder().setPromptTokens(PROMPT_TOKENS))
                  .build());
          String first = said.isEmpty() ? prompt.toString() : said;
          for (int i = 0; i < tokens; i++) {
            Token.Builder token = Token.newBuilder().setText(i == 0 ? first : "+");
            answer.add(GenerateResponse.newBuilder().setToken(token).build());
          }
          answer.add(
              GenerateResponse.newBuilder()
                  .setFinished(
                      Finished.newBuilder()
                          .setReason(FinishReason.FINISH_REASON_STOP)
                          .setUsage(
                              Usage.newBuilder()
                                  .setPromptTokens(PROMPT_TOKENS)
                                  .setCompletionTokens(tokens)))
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
