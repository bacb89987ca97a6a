// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.launcher.talk;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.owlmesh.proto.chat.v1.AnswerResponse;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.proto.chat.v1.Conversation;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Talks to the front door of a mesh. */
public final class ChatClient implements AutoCloseable {
  private static final long CLOSE_SECONDS = 2;

  private final Address address;
  private final ManagedChannel channel;

  public ChatClient(Address address) {
    this.address = address;
    channel = NettyChannelBuilder.forAddress(address.host(), address.port()).usePlaintext().build();
  }

  /**
   * Asks for the answer to the last turn of a conversation.
   *
   * @param images files of all turns, in the order that the conversation announces them
   * @param limit how long the whole answer may take
   * @param onEvent called in order, one at a time; while it runs, the mesh waits
   */
  public PendingAnswer answer(
      Conversation conversation,
      List<ByteString> images,
      Duration limit,
      Trace trace,
      Consumer<AnswerResponse> onEvent) {
    PendingAnswer pending = new PendingAnswer(address, new Upload(conversation, images), onEvent);
    var _ =
        ChatGrpc.newStub(channel)
            .withInterceptors(trace.interceptor())
            .withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS)
            .answer(pending.observer());
    return pending;
  }

  @Override
  public void close() {
    channel.shutdownNow();
    try {
      // A cancelled call is told to the server before the process ends.
      channel.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
