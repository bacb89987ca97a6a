// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.abstractor.v1.ResampleRequest;
import io.owlmesh.proto.abstractor.v1.ResampleResponse;
import io.owlmesh.proto.tensor.v1.Tensor;
import io.owlmesh.wire.HealthService;
import io.owlmesh.wire.MessageScan;
import io.owlmesh.wire.Wire;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that cost more than their bytes say, or that are none. */
@Timeout(60)
class MessageLimitsTest {
  private static final String CHECK = "grpc.health.v1.Health/Check";
  private static final String ABSTRACT = "owlmesh.abstractor.v1.VisualAbstractor/Resample";
  private static final int FEATURES = 0x12; // Tag of ResampleRequest.features.

  private static final class Healthy extends HealthService {
    Healthy() {
      super(serving());
    }

    private static io.grpc.protobuf.services.HealthStatusManager serving() {
      var statuses = HealthService.starting("owl");
      HealthService.tell(statuses, "owl", ServingStatus.SERVING);
      return statuses;
    }
  }

  private static Server health;
  private static ManagedChannel channel;
  private final BlockingQueue<ResampleRequest> taken = new LinkedBlockingQueue<>();

  @BeforeAll
  static void serve() throws Exception {
    health =
        Wire.tune(
                NettyServerBuilder.forAddress(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)))
            .addService(new Healthy())
            .build()
            .start();
    channel = Wire.channel("127.0.0.1", health.getPort()).build();
  }

  @AfterAll
  static void stop() {
    channel.shutdownNow();
    health.shutdownNow();
  }

  private static StatusRuntimeException check(byte[] request, CallOptions options) {
    return RawCalls.refusal(channel, CHECK, request, options);
  }

  /** Unknown field 15, a number. */
  private static byte[] unknown(int bytes) {
    return RawCalls.repeat(bytes / 2, 0x78, 0);
  }

  @Test
  void aMethodWithoutTensorsTakes64KiBAndNoMore() throws Exception {
    byte[] answer = RawCalls.ask(channel, CHECK, unknown(65_536), CallOptions.DEFAULT);
    assertThat(HealthCheckResponse.parseFrom(answer).getStatus()).isEqualTo(ServingStatus.SERVING);

    Status refused = check(unknown(65_538), CallOptions.DEFAULT).getStatus();

    assertThat(refused.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(refused.getDescription()).contains(CHECK, "65536");
    assertThat(check(unknown(20_000_000), CallOptions.DEFAULT).getStatus().getCode())
        .isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
  }

  @Test
  void aMessageThatIsSmallOnlyWhileCompressedIsRefused() {
    Status refused =
        check(unknown(4_000_000), CallOptions.DEFAULT.withCompression("gzip")).getStatus();

    assertThat(refused.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(refused.getDescription()).contains("65536");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0aff", "0a0568656c6c", "07", "0c", "0a01ff", "ffffffffffffffffffffff01"})
  void bytesThatAreNoMessageAreAnInvalidArgument(String hex) {
    byte[] request = java.util.HexFormat.of().parseHex(hex);

    StatusRuntimeException refused = check(request, CallOptions.DEFAULT);

    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(refused.getStatus().getDescription()).contains("grpc.health.v1.HealthCheckRequest");
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v1alpha"})
  void reflectionHasTheLimitsOfOtherMethods(String version) {
    String method = "grpc.reflection.%s.ServerReflection/ServerReflectionInfo".formatted(version);

    OwlException malformed =
        RawCalls.stream(channel, method).send(new byte[] {0x0a, (byte) 0xff}).fault();
    OwlException large = RawCalls.stream(channel, method).send(unknown(100_000)).fault();

    assertThat(malformed.fault()).isEqualTo(Fault.BAD_INPUT);
    assertThat(malformed).hasMessageContaining("ServerReflectionRequest");
    assertThat(large).hasMessageContaining("65536");
  }

  private final class Kept extends Items {
    @Override
    public void ended(int answered, Status status) {} // Of several streams.

    @Override
    public CompletableFuture<ResampleResponse> begin(ResampleRequest request) {
      taken.add(request);
      return CompletableFuture.completedFuture(
          ResampleResponse.newBuilder().setId(request.getId()).build());
    }
  }

  private ResampleRequest taken(TestStage stage, byte[] request) throws Exception {
    stage.raw(ABSTRACT).send(request);
    ResampleRequest kept = taken.poll(20, TimeUnit.SECONDS);
    assertThat(kept).isNotNull();
    return kept;
  }

  private static OwlException refusal(TestStage stage, byte[] request) {
    return stage.raw(ABSTRACT).send(request).fault();
  }

  @Test
  void fieldsThatNobodyKnowsAreDropped() throws Exception {
    try (TestStage stage = TestStage.working(4, new Kept())) {
      assertThat(taken(stage, unknown(8_000_000)).getSerializedSize()).isZero();
    }
  }

  @Test
  void elementsAreCountedBeforeTheyAreBuilt() throws Exception {
    try (TestStage stage = TestStage.working(4, new Kept())) {
      int most = MessageScan.MAX_ELEMENTS;
      assertThat(taken(stage, RawCalls.repeat(most, FEATURES, 0)).hasFeatures()).isTrue();

      OwlException refused = refusal(stage, RawCalls.repeat(most + 1, FEATURES, 0));

      assertThat(refused.fault()).isEqualTo(Fault.BAD_INPUT);
      assertThat(refused).hasMessageContaining("features").hasMessageContaining("" + most);
    }
  }

  @Test
  void numbersAreCountedBeforeTheyAreBuilt() throws Exception {
    // Features whose data, all zeros, become the numbers of their shape by another tag.
    Tensor.Builder data = Tensor.newBuilder().setData(ByteString.copyFrom(new byte[6_000_000]));
    byte[] bytes = ResampleRequest.newBuilder().setFeatures(data).build().toByteArray();
    assertThat(bytes[5]).isEqualTo((byte) 0x1a);
    bytes[5] = 0x12;
    try (TestStage stage = TestStage.working(4, new Kept())) {
      OwlException refused = refusal(stage, bytes);

      assertThat(refused.fault()).isEqualTo(Fault.BAD_INPUT);
      assertThat(refused.field()).isEqualTo("features.shape");
    }
  }

  @Test
  void aMalformedMessageEndsItsOwnCallAndNoOther() throws Exception {
    Items items =
        new Items() {
          @Override
          public void ended(int answered, Status status) {} // Of many streams here.
        };
    try (TestStage stage = TestStage.working(4, items)) {
      TestConversation other = TestConversation.with(stage.stub()).send("a");
      items.awaitBegun(1);
      for (int i = 0; i < 20; i++) {
        OwlException refused = refusal(stage, new byte[] {0x0a, (byte) 0xff});
        assertThat(refused.fault()).isEqualTo(Fault.BAD_INPUT);
      }
      items.answer("a");
      assertThat(other.next().getId()).isEqualTo("a");
      other.complete().awaitEnd();
    }
  }

  @Test
  void whatAServiceStillSaysAfterAMalformedMessageIsNotSent() throws Exception {
    Items items = new Items();
    try (TestStage stage = TestStage.working(4, items)) {
      RawCalls.Stream broken =
          stage.raw(ABSTRACT).send(ResampleRequest.newBuilder().setId("b").build().toByteArray());
      items.awaitBegun(1);
      assertThat(broken.send(new byte[] {0x0a, (byte) 0xff}).fault().fault())
          .isEqualTo(Fault.BAD_INPUT);
      assertThat(items.awaitEnd().status().getCode()).isEqualTo(Status.Code.CANCELLED);
      // It is given up on another thread than the one that tells the end.
      assertThat(items.item("b"))
          .failsWithin(20, TimeUnit.SECONDS)
          .withThrowableOfType(CancellationException.class);
      items.answer("b");
    }
  }
}
