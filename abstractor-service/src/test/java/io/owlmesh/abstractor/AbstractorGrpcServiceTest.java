// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.abstractor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.api.OpenTelemetry;
import io.owlmesh.model.HostTensor;
import io.owlmesh.model.checkpoint.SafetensorsFile;
import io.owlmesh.proto.abstractor.v1.AbstractRequest;
import io.owlmesh.proto.abstractor.v1.AbstractResponse;
import io.owlmesh.proto.abstractor.v1.VisualAbstractorGrpc;
import io.owlmesh.proto.tensor.v1.DataType;
import io.owlmesh.proto.tensor.v1.ItemError;
import io.owlmesh.proto.tensor.v1.Lineage;
import io.owlmesh.proto.tensor.v1.Tensor;
import io.owlmesh.wire.TensorCodec;
import io.owlmesh.wire.Wire;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The service behind a real socket, with the tiny model. */
class AbstractorGrpcServiceTest {
  private static final Path TINY = Path.of("../model/src/test/resources/owl-tiny");
  private static final Map<String, HostTensor> GOLDEN =
      SafetensorsFile.load(TINY.resolve("forward.safetensors"));

  private static AbstractorStage stage;
  private static Server server;
  private static ManagedChannel channel;

  private record Settings() implements AbstractorConfig {
    @Override
    public Path checkpoint() {
      return TINY.resolve("checkpoints/safetensors");
    }

    @Override
    public String device() {
      return "cpu";
    }

    @Override
    public String dtype() {
      return "auto";
    }

    @Override
    public int threads() {
      return 0;
    }

    @Override
    public int maxBatch() {
      return 8;
    }

    @Override
    public int queue() {
      return 64;
    }

    @Override
    public int window() {
      return 16;
    }
  }

  private static <T> T at(Map<String, T> map, String key) {
    return Objects.requireNonNull(map.get(key), key);
  }

  @BeforeAll
  static void start() throws Exception {
    AbstractorConfig settings = new Settings();
    stage = new AbstractorStage(settings);
    var tracer = OpenTelemetry.noop().getTracer("test");
    server =
        Wire.tune(NettyServerBuilder.forPort(0))
            .addService(new AbstractorGrpcService(stage, settings, tracer))
            .addService(new AbstractorHealthGrpcService(stage))
            .build()
            .start();
    channel = Wire.channel("127.0.0.1", server.getPort()).build();
    while (status() != ServingStatus.SERVING) {
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  private static ServingStatus status() {
    return HealthGrpc.newBlockingStub(channel)
        .check(
            HealthCheckRequest.newBuilder().setService(VisualAbstractorGrpc.SERVICE_NAME).build())
        .getStatus();
  }

  @AfterAll
  static void stop() {
    channel.shutdownNow();
    server.shutdownNow();
    stage.close();
  }

  private static Tensor features() {
    return TensorCodec.toProto(
        at(GOLDEN, "features/rgb.png"),
        Lineage.newBuilder()
            .setContentKey("00")
            .setVisionDigest(stage.engine().visionDigest())
            .build());
  }

  private static Map<String, AbstractResponse> condense(Map<String, Tensor> features) {
    CompletableFuture<Map<String, AbstractResponse>> done = new CompletableFuture<>();
    Map<String, AbstractResponse> responses = new HashMap<>();
    StreamObserver<AbstractRequest> requests =
        VisualAbstractorGrpc.newStub(channel)
            .withDeadlineAfter(60, TimeUnit.SECONDS)
            .abstract_(
                new StreamObserver<>() {
                  @Override
                  public void onNext(AbstractResponse response) {
                    responses.put(response.getId(), response);
                  }

                  @Override
                  public void onError(Throwable failure) {
                    done.completeExceptionally(failure);
                  }

                  @Override
                  public void onCompleted() {
                    done.complete(responses);
                  }
                });
    features.forEach((id, tensor) ->
        requests.onNext(AbstractRequest.newBuilder().setId(id).setFeatures(tensor).build()));
    requests.onCompleted();
    return done.join();
  }

  /** The error of one wrong tensor, sent beside a right one that must be answered. */
  private static ItemError refuse(Tensor wrong) {
    Map<String, AbstractResponse> responses = condense(Map.of("good", features(), "wrong", wrong));
    assertThat(at(responses, "good").hasVisualTokens()).isTrue();
    assertThat(at(responses, "wrong").hasError()).isTrue();
    return at(responses, "wrong").getError();
  }

  @Test
  void visualTokensAreThoseOfTheReference() {
    AbstractResponse response = at(condense(Map.of("a", features())), "a");

    float[] found =
        TensorCodec.fromProto(response.getVisualTokens(), "visual_tokens", 7, 64).toFloats();
    float[] wanted = at(GOLDEN, "visual_tokens/rgb.png").toFloats();
    for (int i = 0; i < wanted.length; i++) {
      assertThat(found[i]).isCloseTo(wanted[i], within(2e-4f + 1e-4f * Math.abs(wanted[i])));
    }
    Lineage lineage = response.getVisualTokens().getLineage();
    assertThat(lineage.getContentKey()).isEqualTo("00");
    assertThat(lineage.getAbstractorDigest()).isEqualTo(stage.engine().digest());
  }

  @Test
  void aShapeThatLiesIsRefused() {
    ItemError error = refuse(features().toBuilder().setShape(0, 32).setShape(1, 17).build());

    assertThat(error.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT.value());
    assertThat(error.getField()).isEqualTo("features.shape");
    assertThat(error.getMessage()).contains("[32, 17]", "[17, 32]");
  }

  @Test
  void aByteCountThatLiesIsRefused() {
    Tensor right = features();
    ItemError error = refuse(right.toBuilder().setData(right.getData().substring(4)).build());

    assertThat(error.getField()).isEqualTo("features.data");
    assertThat(error.getMessage()).contains("2172", "2176");
  }

  @Test
  void notANumberIsRefused() {
    byte[] bytes = features().getData().toByteArray();
    bytes[4 * 5 + 2] = (byte) 0xc0;
    bytes[4 * 5 + 3] = 0x7f;
    ItemError error = refuse(features().toBuilder().setData(ByteString.copyFrom(bytes)).build());

    assertThat(error.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT.value());
    assertThat(error.getField()).isEqualTo("features.data");
    assertThat(error.getMessage()).contains("value 5");
  }

  @Test
  void anUnknownTypeIsRefused() {
    ItemError error =
        refuse(features().toBuilder().setDataType(DataType.DATA_TYPE_UNSPECIFIED).build());

    assertThat(error.getField()).isEqualTo("features.data_type");
  }

  @Test
  void featuresOfOtherWeightsAreRefusedNamingBothDigests() {
    String other = "ab".repeat(32);
    Tensor foreign =
        features().toBuilder()
            .setLineage(features().getLineage().toBuilder().setVisionDigest(other))
            .build();

    ItemError error = refuse(foreign);

    assertThat(error.getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION.value());
    assertThat(error.getMessage()).contains(other, stage.engine().visionDigest());
  }

  @Test
  void featuresOfUnknownOriginAreRefused() {
    ItemError error = refuse(features().toBuilder().clearLineage().build());

    assertThat(error.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT.value());
    assertThat(error.getField()).isEqualTo("lineage");
  }
}
