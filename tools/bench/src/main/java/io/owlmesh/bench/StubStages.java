// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import com.google.protobuf.ByteString;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.netty.handler.ssl.SslContext;
import io.owlmesh.model.text.ChatTemplates;
import io.owlmesh.proto.abstractor.v1.ResampleRequest;
import io.owlmesh.proto.abstractor.v1.ResampleResponse;
import io.owlmesh.proto.abstractor.v1.VisualAbstractorGrpc;
import io.owlmesh.proto.llm.v1.FinishReason;
import io.owlmesh.proto.llm.v1.Finished;
import io.owlmesh.proto.llm.v1.GenerateRequest;
import io.owlmesh.proto.llm.v1.GenerateResponse;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import io.owlmesh.proto.llm.v1.ListModelsRequest;
import io.owlmesh.proto.llm.v1.ListModelsResponse;
import io.owlmesh.proto.llm.v1.Model;
import io.owlmesh.proto.llm.v1.Token;
import io.owlmesh.proto.llm.v1.Usage;
import io.owlmesh.proto.tensor.v1.DataType;
import io.owlmesh.proto.tensor.v1.Tensor;
import io.owlmesh.proto.vision.v1.EncodeRequest;
import io.owlmesh.proto.vision.v1.EncodeResponse;
import io.owlmesh.proto.vision.v1.VisionEncoderGrpc;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Stands in for all stages of a mesh where the orchestrator alone is measured: computes nothing,
 * and speaks at a steady pace. Each token's text is the {@link System#nanoTime} of its sending, so
 * that its reader, in the same process, knows how long it was on its way.
 */
public final class StubStages implements AutoCloseable {
  private static final int CONTEXT = 4096;
  private static final Tensor TENSOR =
      Tensor.newBuilder()
          .setDataType(DataType.DATA_TYPE_FLOAT32)
          .addShape(StubLanguageModel.VISUAL_TOKENS)
          .addShape(1)
          .setData(ByteString.copyFrom(new byte[4 * StubLanguageModel.VISUAL_TOKENS]))
          .build();

  private final Duration pace;
  private final Tensor features;
  private final Tensor visualTokens;
  private final ScheduledExecutorService clock = Executors.newScheduledThreadPool(2);
  private final Server server;

  /**
   * Listens on a free port.
   *
   * @param pace from one token of an answer to the next
   */
  public StubStages(Duration pace) throws IOException {
    this(pace, Optional.empty(), TENSOR, TENSOR);
  }

  /**
   * The same.
   *
   * @param tls encrypts connections; empty for plain ones
   * @param features of every image
   * @param visualTokens of all features
   */
  StubStages(Duration pace, Optional<SslContext> tls, Tensor features, Tensor visualTokens)
      throws IOException {
    this.pace = pace;
    this.features = features;
    this.visualTokens = visualTokens;
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    tls.ifPresent(builder::sslContext);
    server =
        builder
            .directExecutor()
            .addService(new Vision())
            .addService(new Abstractor())
            .addService(new Llm())
            .build()
            .start();
  }

  /** Where all stages answer. */
  public int port() {
    return server.getPort();
  }

  @Override
  public void close() {
    clock.shutdownNow();
    server.shutdownNow();
  }

  private static <T> void reply(StreamObserver<T> response, T message) {
    response.onNext(message);
    response.onCompleted();
  }

  /** Takes requests one by one; how they end is all the same. */
  private abstract static class Requests<Q> implements StreamObserver<Q> {
    @Override
    public void onError(Throwable gone) {}

    @Override
    public void onCompleted() {}
  }

  private final class Vision extends VisionEncoderGrpc.VisionEncoderImplBase {
    @Override
    public void describe(
        io.owlmesh.proto.vision.v1.DescribeRequest request,
        StreamObserver<io.owlmesh.proto.vision.v1.DescribeResponse> response) {
      reply(response, io.owlmesh.proto.vision.v1.DescribeResponse.getDefaultInstance());
    }

    @Override
    public StreamObserver<EncodeRequest> encode(StreamObserver<EncodeResponse> out) {
      return new Requests<>() {
        @Override
        public void onNext(EncodeRequest request) {
          out.onNext(
              EncodeResponse.newBuilder().setId(request.getId()).setFeatures(features).build());
        }

        @Override
        public void onCompleted() {
          out.onCompleted();
        }
      };
    }
  }

  private final class Abstractor extends VisualAbstractorGrpc.VisualAbstractorImplBase {
    @Override
    public void describe(
        io.owlmesh.proto.abstractor.v1.DescribeRequest request,
        StreamObserver<io.owlmesh.proto.abstractor.v1.DescribeResponse> response) {
      reply(response, io.owlmesh.proto.abstractor.v1.DescribeResponse.getDefaultInstance());
    }

    @Override
    public StreamObserver<ResampleRequest> resample(StreamObserver<ResampleResponse> out) {
      return new Requests<>() {
        @Override
        public void onNext(ResampleRequest request) {
          out.onNext(
              ResampleResponse.newBuilder()
                  .setId(request.getId())
                  .setVisualTokens(visualTokens)
                  .build());
        }

        @Override
        public void onCompleted() {
          out.onCompleted();
        }
      };
    }
  }

  private final class Llm extends LanguageModelGrpc.LanguageModelImplBase {
    @Override
    public void listModels(ListModelsRequest request, StreamObserver<ListModelsResponse> response) {
      var description =
          io.owlmesh.proto.llm.v1.DescribeResponse.newBuilder()
              .setContext(CONTEXT)
              .setVisualTokens(StubLanguageModel.VISUAL_TOKENS)
              .setChatTemplate(ChatTemplates.names().getFirst());
      reply(
          response,
          ListModelsResponse.newBuilder()
              .addModels(Model.newBuilder().setName("stub").setDescription(description))
              .build());
    }

    @Override
    public StreamObserver<GenerateRequest> generate(StreamObserver<GenerateResponse> responses) {
      var out = (ServerCallStreamObserver<GenerateResponse>) responses;
      Speech speech = new Speech(out);
      out.setOnCancelHandler(speech::stop);
      return new Requests<>() {
        @Override
        public void onNext(GenerateRequest request) {
          if (request.hasOptions()) {
            speech.begin(request.getOptions().getMaxNewTokens());
          }
        }
      };
    }
  }

  /** One answer. */
  private final class Speech {
    private final ServerCallStreamObserver<GenerateResponse> out;
    private final AtomicReference<@Nullable ScheduledFuture<?>> beat = new AtomicReference<>();
    private int left;

    Speech(ServerCallStreamObserver<GenerateResponse> out) {
      this.out = out;
    }

    void begin(int tokens) {
      left = tokens;
      long nanos = pace.toNanos();
      // Answers that begin together must not speak together.
      long first = ThreadLocalRandom.current().nextLong(nanos);
      beat.set(clock.scheduleAtFixedRate(this::say, first, nanos, TimeUnit.NANOSECONDS));
    }

    private void say() {
      if (out.isCancelled() || left < 0) {
        stop();
      } else if (left-- > 0) {
        String now = Long.toString(System.nanoTime());
        out.onNext(GenerateResponse.newBuilder().setToken(Token.newBuilder().setText(now)).build());
      } else {
        out.onNext(
            GenerateResponse.newBuilder()
                .setFinished(
                    Finished.newBuilder()
                        .setReason(FinishReason.FINISH_REASON_LENGTH)
                        .setUsage(Usage.getDefaultInstance()))
                .build());
        out.onCompleted();
        stop();
      }
    }

    private void stop() {
      ScheduledFuture<?> running = beat.get();
      if (running != null) {
        running.cancel(false);
      }
    }
  }
}
