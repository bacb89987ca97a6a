// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.client;

import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.owlmesh.proto.chat.v1.AnswerOptions;
import io.owlmesh.proto.chat.v1.AnswerResponse;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.proto.chat.v1.Conversation;
import io.owlmesh.proto.chat.v1.DescribeRequest;
import io.owlmesh.proto.chat.v1.DescribeResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Talks to the front door of a mesh. */
public final class ChatClient implements AutoCloseable {
  private final Address address;
  private final Connection connection;

  public ChatClient(Address address) {
    this.address = address;
    connection = new Connection(address);
  }

  /** The conversations that the mesh keeps; closed with this. */
  public SessionClient sessions() {
    return new SessionClient(address, connection.channel());
  }

  /**
   * Asks for an answer that the mesh does not keep.
   *
   * @param limit how long the whole answer may take
   * @param onEvent called in order, one at a time; while it runs, the mesh waits
   */
  public PendingAnswer answer(
      AskRequest question,
      AnswerOptions options,
      Duration limit,
      Trace trace,
      Consumer<AnswerResponse> onEvent) {
    return answer(question.conversation(options), question.images(), limit, trace, onEvent);
  }

  /**
   * The same for a conversation of several turns.
   *
   * @param images those that its turns announce, in order
   */
  public PendingAnswer answer(
      Conversation conversation,
      List<ByteString> images,
      Duration limit,
      Trace trace,
      Consumer<AnswerResponse> onEvent) {
    var observer = new UploadingObserver<>(new AskUpload(conversation, images), onEvent);
    var _ =
        ChatGrpc.newStub(connection.channel())
            .withInterceptors(trace.interceptor())
            .withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS)
            .answer(observer);
    return new PendingAnswer(address, observer.end());
  }

  /** What the mesh serves to who names no model. */
  public DescribeResponse describe(Duration limit) throws AnswerFailed {
    return describe("", limit);
  }

  /**
   * What a model of the mesh is.
   *
   * @param model empty for the one of requests that name none
   */
  public DescribeResponse describe(String model, Duration limit) throws AnswerFailed {
    try {
      return ChatGrpc.newBlockingStub(connection.channel())
          .withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS)
          .describe(DescribeRequest.newBuilder().setModel(model).build());
    } catch (StatusRuntimeException failed) {
      throw AnswerFailed.of(failed, address);
    }
  }

  @Override
  public void close() {
    connection.close();
  }
}
