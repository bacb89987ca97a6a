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
import io.owlmesh.proto.chat.v1.EncodeImageHeader;
import io.owlmesh.proto.chat.v1.EncodeImageRequest;
import io.owlmesh.proto.chat.v1.EncodeImageResponse;
import java.time.Duration;
import java.util.ArrayList;
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

  /**
   * What the visual stages make of an image.
   *
   * @param wanted all but the file's size
   */
  public EncodedImage encode(EncodeImageHeader wanted, ByteString file, Duration limit, Trace trace)
      throws AnswerFailed, InterruptedException {
    List<EncodeImageResponse> pieces = new ArrayList<>();
    EncodeImageHeader header = wanted.toBuilder().setSizeBytes(file.size()).build();
    var observer =
        new UploadingObserver<>(
            new ImageUpload<>(
                file,
                EncodeImageRequest.newBuilder().setHeader(header).build(),
                piece -> EncodeImageRequest.newBuilder().setData(piece).build()),
            (EncodeImageResponse piece) -> pieces.add(piece));
    var _ =
        ChatGrpc.newStub(connection.channel())
            .withInterceptors(trace.interceptor())
            .withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS)
            .encodeImage(observer);
    new PendingAnswer(address, observer.end()).await();
    return EncodedImage.of(pieces);
  }

  @Override
  public void close() {
    connection.close();
  }
}
