// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.batch;

import com.google.protobuf.ByteString;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.owlmesh.proto.chat.v1.AnswerDone;
import io.owlmesh.proto.chat.v1.AnswerRequest;
import io.owlmesh.proto.chat.v1.AnswerResponse;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.proto.chat.v1.Conversation;
import io.owlmesh.proto.chat.v1.DescribeRequest;
import io.owlmesh.proto.chat.v1.DescribeResponse;
import io.owlmesh.proto.chat.v1.EncodeImageHeader;
import io.owlmesh.proto.chat.v1.EncodeImageRequest;
import io.owlmesh.proto.chat.v1.EncodeImageResponse;
import io.owlmesh.proto.chat.v1.ImageEncoding;
import io.owlmesh.proto.chat.v1.TextDelta;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A front door that refuses some calls, and answers others with what was asked. */
final class BusyChat extends ChatGrpc.ChatImplBase implements AutoCloseable {
  private static final ScheduledExecutorService CLOCK =
      Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon(true).factory());

  private final Collection<Conversation> answered = new ConcurrentLinkedQueue<>();
  private final AtomicInteger refusals = new AtomicInteger();
  private final Server server;
  private final Collection<EncodeImageHeader> encoded = new ConcurrentLinkedQueue<>();
  private volatile int millis;
  private volatile String language = "weights";
  private volatile String abstractor = "abstractor";

  BusyChat() throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(this)
            .build()
            .start();
  }

  /**
   * The same as a process: says where it answers, then how many calls it answered for each byte of
   * its input, until that ends.
   *
   * @param arguments how its weights are called, how many calls it refuses first, and after how
   *     many milliseconds it answers, if not at once
   */
  static void main(String[] arguments) throws IOException {
    try (BusyChat chat = new BusyChat()) {
      chat.become(arguments[0]);
      chat.refuseNext(Integer.parseInt(arguments[1]));
      chat.millis = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 0;
      System.out.println(chat.address());
      while (System.in.read() >= 0) {
        System.out.println(chat.asked().size() + chat.encoded().size());
      }
    }
  }

  String address() {
    return "127.0.0.1:" + server.getPort();
  }

  void refuseNext(int calls) {
    refusals.set(calls);
  }

  void become(String other) {
    language = other;
  }

  List<String> asked() {
    return answered.stream().map(one -> one.getTurns(0).getText()).toList();
  }

  List<Integer> priorities() {
    return answered.stream().map(one -> one.getOptions().getPriority()).toList();
  }

  @Override
  public void describe(DescribeRequest request, StreamObserver<DescribeResponse> out) {
    out.onNext(
        DescribeResponse.newBuilder()
            .addAllDigests(List.of("vision", "abstractor", language))
            .build());
    out.onCompleted();
  }

  /** Numbers of an image are its bytes; features are negative. */
  @Override
  public StreamObserver<EncodeImageRequest> encodeImage(StreamObserver<EncodeImageResponse> out) {
    boolean refused = refusals.getAndUpdate(left -> Math.max(left - 1, 0)) > 0;
    if (refused) {
      out.onError(Status.RESOURCE_EXHAUSTED.withDescription("full").asRuntimeException());
    }
    return new StreamObserver<>() {
      private EncodeImageHeader header = EncodeImageHeader.getDefaultInstance();
      private ByteString file = ByteString.EMPTY;

      @Override
      public void onNext(EncodeImageRequest request) {
        if (request.hasHeader()) {
          header = request.getHeader();
        } else {
          file = file.concat(request.getData());
        }
      }

      @Override
      public void onError(Throwable gone) {}

      @Override
      public void onCompleted() {
        if (!refused) {
          encoded.add(header);
          encode(header, file, out);
        }
      }
    };
  }

  private void encode(
      EncodeImageHeader header, ByteString file, StreamObserver<EncodeImageResponse> out) {
    boolean tokens = header.getEncoding() == ImageEncoding.IMAGE_ENCODING_VISUAL_TOKENS;
    ByteBuffer floats = ByteBuffer.allocate(4 * file.size()).order(ByteOrder.LITTLE_ENDIAN);
    for (byte one : file) {
      floats.putFloat(tokens ? one : -one);
    }
    ByteString numbers = ByteString.copyFrom(floats.flip());
    int half = numbers.size() / 2;
    out.onNext(
        EncodeImageResponse.newBuilder()
            .addAllShape(List.of(1L, (long) file.size()))
            .addAllWeights(tokens ? List.of("vision", abstractor) : List.of("vision"))
            .setData(numbers.substring(0, half))
            .build());
    out.onNext(EncodeImageResponse.newBuilder().setData(numbers.substring(half)).build());
    out.onCompleted();
  }

  /** Another abstractor than was told makes visual tokens from now on. */
  void changeAbstractor() {
    abstractor = "other";
  }

  List<EncodeImageHeader> encoded() {
    return List.copyOf(encoded);
  }

  @Override
  public StreamObserver<AnswerRequest> answer(StreamObserver<AnswerResponse> out) {
    boolean refused = refusals.getAndUpdate(left -> Math.max(left - 1, 0)) > 0;
    if (refused) {
      out.onError(Status.RESOURCE_EXHAUSTED.withDescription("full").asRuntimeException());
    }
    return new StreamObserver<>() {
      private Conversation conversation = Conversation.getDefaultInstance();
      private int bytes;

      @Override
      public void onNext(AnswerRequest request) {
        if (request.hasConversation()) {
          conversation = request.getConversation();
        } else {
          bytes += request.getImage().getData().size();
        }
      }

      @Override
      public void onError(Throwable gone) {}

      @Override
      public void onCompleted() {
        if (refused) {
          return;
        }
        answered.add(conversation);
        String text = conversation.getTurns(0).getText();
        if (text.equals("bad")) {
          out.onError(Status.INVALID_ARGUMENT.withDescription("bad").asRuntimeException());
          return;
        }
        if (millis == 0) {
          tell(text);
        } else {
          var _ = CLOCK.schedule(() -> tell(text), millis, TimeUnit.MILLISECONDS);
        }
      }

      private void tell(String text) {
        out.onNext(
            AnswerResponse.newBuilder()
                .setText(TextDelta.newBuilder().setText("%s of %d bytes".formatted(text, bytes)))
                .build());
        out.onNext(AnswerResponse.newBuilder().setDone(AnswerDone.getDefaultInstance()).build());
        out.onCompleted();
      }
    };
  }

  @Override
  public void close() {
    server.shutdownNow();
  }
}
