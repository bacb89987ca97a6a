// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.batch;

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
import io.owlmesh.proto.chat.v1.TextDelta;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A front door that refuses some calls, and answers others with what was asked. */
final class BusyChat extends ChatGrpc.ChatImplBase implements AutoCloseable {
  private final List<Conversation> answered = new CopyOnWriteArrayList<>();
  private final AtomicInteger refusals = new AtomicInteger();
  private final Server server;
  private volatile String language = "weights";

  BusyChat() throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(this)
            .build()
            .start();
  }

  /**
   * The same as a process: says where it answers, then how many questions it answered for each byte
   * of its input, until that ends.
   *
   * @param arguments how its weights are called, and how many calls it refuses first
   */
  static void main(String[] arguments) throws IOException {
    try (BusyChat chat = new BusyChat()) {
      chat.become(arguments[0]);
      chat.refuseNext(Integer.parseInt(arguments[1]));
      System.out.println(chat.address());
      while (System.in.read() >= 0) {
        System.out.println(chat.asked().size());
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
