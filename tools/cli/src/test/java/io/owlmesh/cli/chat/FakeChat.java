// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.chat;

import com.google.protobuf.ByteString;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A front door on a free port that answers stateless questions by a script and remembers what it
 * was asked.
 */
public final class FakeChat extends ChatGrpc.ChatImplBase implements AutoCloseable {
  /** What to answer once the whole request has come. */
  public interface Script {
    void answer(ServerCallStreamObserver<AnswerResponse> out);
  }

  public final List<Conversation> conversations = new CopyOnWriteArrayList<>();
  public final List<ByteString> images = new CopyOnWriteArrayList<>();
  private final Script script;
  private final Server server;

  public FakeChat(Script script) throws IOException {
    this.script = script;
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(this)
            .build()
            .start();
  }

  public static AnswerResponse text(String piece) {
    return AnswerResponse.newBuilder().setText(TextDelta.newBuilder().setText(piece)).build();
  }

  public String address() {
    return "127.0.0.1:" + server.getPort();
  }

  @Override
  public void describe(DescribeRequest request, StreamObserver<DescribeResponse> response) {
    response.onNext(DescribeResponse.getDefaultInstance());
    response.onCompleted();
  }

  @Override
  public StreamObserver<AnswerRequest> answer(StreamObserver<AnswerResponse> responses) {
    var out = (ServerCallStreamObserver<AnswerResponse>) responses;
    return new Request(out);
  }

  @Override
  public void close() {
    server.shutdownNow();
  }

  private final class Request implements StreamObserver<AnswerRequest> {
    private final ServerCallStreamObserver<AnswerResponse> out;
    private final List<ByteString> received = new ArrayList<>();

    Request(ServerCallStreamObserver<AnswerResponse> out) {
      this.out = out;
    }

    @Override
    public void onNext(AnswerRequest step) {
      if (step.hasConversation()) {
        conversations.add(step.getConversation());
        return;
      }
      int index = step.getImage().getIndex();
      if (index == received.size()) {
        received.add(ByteString.EMPTY);
      }
      received.set(index, received.get(index).concat(step.getImage().getData()));
    }

    @Override
    public void onError(Throwable error) {}

    @Override
    public void onCompleted() {
      images.clear();
      images.addAll(received);
      script.answer(out);
    }
  }
}
