// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.owlmesh.proto.abstractor.v1.ResampleRequest;
import io.owlmesh.proto.abstractor.v1.ResampleResponse;
import io.owlmesh.proto.abstractor.v1.VisualAbstractorGrpc;
import io.owlmesh.wire.InboundLimits;
import io.owlmesh.wire.Wire;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class InboundLimitsTest {
  private static final String ENCODE = "owlmesh.vision.v1.VisionEncoder/Encode";
  private static final String ABSTRACT = "owlmesh.abstractor.v1.VisualAbstractor/Resample";
  private static final int HEADERS = 1;
  private static final int RESET = 3;

  @Test
  void messagesThatArriveTogetherAreLimitedAndRoomComesBack() {
    InboundLimits limits = new InboundLimits(100_000, Duration.ofHours(1));
    ServerStreamTracer first = limits.newServerStreamTracer(ENCODE, new Metadata());
    ServerStreamTracer second = limits.newServerStreamTracer(ENCODE, new Metadata());
    first.inboundMessage(0);
    first.inboundWireSize(60_000);
    second.inboundMessage(0);

    assertThatThrownBy(() -> second.inboundWireSize(60_000))
        .hasMessageContaining("RESOURCE_EXHAUSTED")
        .hasMessageContaining("100000");

    second.streamClosed(Status.RESOURCE_EXHAUSTED);
    ServerStreamTracer third = limits.newServerStreamTracer(ENCODE, new Metadata());
    third.inboundMessage(0);
    assertThatCode(() -> third.inboundWireSize(40_000)).doesNotThrowAnyException();
    first.inboundMessageRead(0, 60_000, 60_000);
    first.inboundMessage(1);
    assertThatCode(() -> third.inboundWireSize(60_000)).doesNotThrowAnyException();
  }

  private static final class Silent extends VisualAbstractorGrpc.VisualAbstractorImplBase {
    @Override
    public StreamObserver<ResampleRequest> resample(StreamObserver<ResampleResponse> responses) {
      return new StreamObserver<>() {
        @Override
        public void onNext(ResampleRequest request) {}

        @Override
        public void onError(Throwable cancelled) {}

        @Override
        public void onCompleted() {}
      };
    }
  }

  @Test
  void aMessageThatBeganAndDoesNotComeEndsItsCall() throws Exception {
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addStreamTracerFactory(new InboundLimits(1 << 20, Duration.ofMillis(100)))
            .addService(Wire.bind(new Silent().bindService()))
            .build()
            .start();
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.getPort())) {
      socket.setSoTimeout(20_000);
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      frame(out, 4, 0, 0, new byte[0]);
      frame(out, HEADERS, 4, 1, head());
      // A message of 1,000 bytes of which 10 come.
      frame(out, 0, 0, 1, new byte[] {0, 0, 0, 3, (byte) 0xe8, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
      out.flush();

      assertThat(framesToTheEnd(new DataInputStream(socket.getInputStream()))).contains(HEADERS);
    } finally {
      server.shutdownNow();
    }
  }

  private static byte[] head() throws Exception {
    ByteBuf head = Unpooled.buffer();
    new DefaultHttp2HeadersEncoder()
        .encodeHeaders(
            1,
            new DefaultHttp2Headers()
                .method("POST")
                .scheme("http")
                .path("/" + ABSTRACT)
                .authority("localhost")
                .add("content-type", "application/grpc")
                .add("te", "trailers"),
            head);
    byte[] bytes = new byte[head.readableBytes()];
    head.readBytes(bytes);
    return bytes;
  }

  private static void frame(DataOutputStream out, int type, int flags, int stream, byte[] content)
      throws IOException {
    out.writeByte(content.length >> 16);
    out.writeShort(content.length);
    out.writeByte(type);
    out.writeByte(flags);
    out.writeInt(stream);
    out.write(content);
  }

  /** Kinds of the frames of stream 1, up to the one that ends it. */
  private static List<Integer> framesToTheEnd(DataInputStream in) throws IOException {
    List<Integer> kinds = new ArrayList<>();
    while (true) {
      int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
      int type = in.readUnsignedByte();
      int flags = in.readUnsignedByte();
      int stream = in.readInt();
      in.skipNBytes(length);
      if (stream == 1) {
        kinds.add(type);
        if (type == RESET || (type == HEADERS && (flags & 1) != 0)) {
          return kinds;
        }
      }
    }
  }
}
