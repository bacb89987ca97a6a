// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.client;

import com.google.protobuf.ByteString;
import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.proto.chat.v1.ChatGrpc.ChatBlockingStub;
import io.owlmesh.proto.chat.v1.CreateSessionRequest;
import io.owlmesh.proto.chat.v1.DeleteSessionRequest;
import io.owlmesh.proto.chat.v1.DescribeRequest;
import io.owlmesh.proto.chat.v1.DescribeResponse;
import io.owlmesh.proto.chat.v1.ExportFeedbackRequest;
import io.owlmesh.proto.chat.v1.ExportFeedbackResponse;
import io.owlmesh.proto.chat.v1.GetImageRequest;
import io.owlmesh.proto.chat.v1.GetImageResponse;
import io.owlmesh.proto.chat.v1.GetSessionRequest;
import io.owlmesh.proto.chat.v1.GetSessionResponse;
import io.owlmesh.proto.chat.v1.Image;
import io.owlmesh.proto.chat.v1.ImageHeader;
import io.owlmesh.proto.chat.v1.ListSessionsRequest;
import io.owlmesh.proto.chat.v1.ListSessionsResponse;
import io.owlmesh.proto.chat.v1.SendMessageRequest;
import io.owlmesh.proto.chat.v1.Session;
import io.owlmesh.proto.chat.v1.SessionSettings;
import io.owlmesh.proto.chat.v1.SetFeedbackRequest;
import io.owlmesh.proto.chat.v1.UpdateSessionRequest;
import io.owlmesh.proto.chat.v1.UploadImageRequest;
import io.owlmesh.proto.chat.v1.UploadImageResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/** The conversations that a mesh keeps. Every call blocks. */
public final class SessionClient {
  /** For what no model has to think about. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final Duration LONG_PATIENCE = Duration.ofMinutes(10);

  private final Address address;
  private final Channel channel;

  SessionClient(Address address, Channel channel) {
    this.address = address;
    this.channel = channel;
  }

  private <T> T call(Duration limit, Function<ChatBlockingStub, T> rpc) throws AnswerFailed {
    try {
      return rpc.apply(
          ChatGrpc.newBlockingStub(channel)
              .withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS));
    } catch (StatusRuntimeException failed) {
      throw AnswerFailed.of(failed, address);
    }
  }

  /** What the mesh serves. */
  public DescribeResponse describe() throws AnswerFailed {
    return call(PATIENCE, stub -> stub.describe(DescribeRequest.getDefaultInstance()));
  }

  /** Begins a session. */
  public Session create(SessionSettings settings) throws AnswerFailed {
    return call(
        PATIENCE,
        stub ->
            stub.createSession(CreateSessionRequest.newBuilder().setSettings(settings).build())
                .getSession());
  }

  /** A session with all its messages. */
  public GetSessionResponse get(String id) throws AnswerFailed {
    return call(
        PATIENCE, stub -> stub.getSession(GetSessionRequest.newBuilder().setSessionId(id).build()));
  }

  /** A page of sessions, the one changed last first. */
  public ListSessionsResponse list(int size, String pageToken) throws AnswerFailed {
    return call(
        PATIENCE,
        stub ->
            stub.listSessions(
                ListSessionsRequest.newBuilder()
                    .setPageSize(size)
                    .setPageToken(pageToken)
                    .build()));
  }

  /** Changes a session. */
  public Session update(UpdateSessionRequest change) throws AnswerFailed {
    return call(PATIENCE, stub -> stub.updateSession(change).getSession());
  }

  /** Deletes a session for good. */
  public void delete(String id) throws AnswerFailed {
    var _ =
        call(
            PATIENCE,
            stub -> stub.deleteSession(DeleteSessionRequest.newBuilder().setSessionId(id).build()));
  }

  /** Keeps what somebody thinks of an answer. */
  public void rate(SetFeedbackRequest feedback) throws AnswerFailed {
    var _ = call(PATIENCE, stub -> stub.setFeedback(feedback));
  }

  /** A turn that is taken when somebody awaits it. */
  public SessionTurn turn(
      SendMessageRequest request, Duration limit, Trace trace, TurnObserver sink) {
    return new SessionTurn(
        address,
        ChatGrpc.newBlockingStub(channel).withInterceptors(trace.interceptor()),
        request,
        limit,
        sink);
  }

  /** Gives the mesh an image to show in messages. */
  public Image upload(ByteString file) throws AnswerFailed, InterruptedException {
    AtomicReference<UploadImageResponse> kept =
        new AtomicReference<>(UploadImageResponse.getDefaultInstance());
    var observer =
        new UploadingObserver<>(
            new ImageUpload<>(
                file,
                UploadImageRequest.newBuilder()
                    .setHeader(ImageHeader.newBuilder().setSizeBytes(file.size()))
                    .build(),
                piece -> UploadImageRequest.newBuilder().setData(piece).build()),
            (UploadImageResponse said) -> kept.set(said));
    var _ =
        ChatGrpc.newStub(channel)
            .withDeadlineAfter(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
            .uploadImage(observer);
    new PendingAnswer(address, observer.end()).await();
    return kept.get().getImage();
  }

  /** Writes an image file to a stream. */
  public void download(String sha256, OutputStream out) throws AnswerFailed, IOException {
    Iterator<GetImageResponse> pieces =
        call(
            PATIENCE,
            stub -> stub.getImage(GetImageRequest.newBuilder().setSha256(sha256).build()));
    while (next(pieces)) {
      pieces.next().getData().writeTo(out);
    }
  }

  /** Dialogues up to rated answers, one after the other. */
  public Exported export(ExportFeedbackRequest request) throws AnswerFailed {
    return new Exported(call(LONG_PATIENCE, stub -> stub.exportFeedback(request)));
  }

  /** Dialogues as they come. */
  public final class Exported {
    private final Iterator<ExportFeedbackResponse> dialogues;

    private Exported(Iterator<ExportFeedbackResponse> dialogues) {
      this.dialogues = dialogues;
    }

    public boolean hasNext() throws AnswerFailed {
      return SessionClient.this.next(dialogues);
    }

    public ExportFeedbackResponse next() {
      return dialogues.next();
    }
  }

  /** The end of a stream may be a failure. */
  private boolean next(Iterator<?> stream) throws AnswerFailed {
    try {
      return stream.hasNext();
    } catch (StatusRuntimeException failed) {
      throw AnswerFailed.of(failed, address);
    }
  }
}
