// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.chat;

import com.google.protobuf.ByteString;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.grpc.util.TransmitStatusRuntimeExceptionInterceptor;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.proto.chat.v1.CreateSessionRequest;
import io.owlmesh.proto.chat.v1.CreateSessionResponse;
import io.owlmesh.proto.chat.v1.DeleteSessionRequest;
import io.owlmesh.proto.chat.v1.DeleteSessionResponse;
import io.owlmesh.proto.chat.v1.DescribeRequest;
import io.owlmesh.proto.chat.v1.DescribeResponse;
import io.owlmesh.proto.chat.v1.ExportFeedbackRequest;
import io.owlmesh.proto.chat.v1.ExportFeedbackResponse;
import io.owlmesh.proto.chat.v1.GetImageRequest;
import io.owlmesh.proto.chat.v1.GetImageResponse;
import io.owlmesh.proto.chat.v1.GetSessionRequest;
import io.owlmesh.proto.chat.v1.GetSessionResponse;
import io.owlmesh.proto.chat.v1.Image;
import io.owlmesh.proto.chat.v1.ListSessionsRequest;
import io.owlmesh.proto.chat.v1.ListSessionsResponse;
import io.owlmesh.proto.chat.v1.Message;
import io.owlmesh.proto.chat.v1.MessageState;
import io.owlmesh.proto.chat.v1.Role;
import io.owlmesh.proto.chat.v1.SendMessageRequest;
import io.owlmesh.proto.chat.v1.SendMessageResponse;
import io.owlmesh.proto.chat.v1.Session;
import io.owlmesh.proto.chat.v1.SetFeedbackRequest;
import io.owlmesh.proto.chat.v1.SetFeedbackResponse;
import io.owlmesh.proto.chat.v1.StopAnswerRequest;
import io.owlmesh.proto.chat.v1.StopAnswerResponse;
import io.owlmesh.proto.chat.v1.TurnAccepted;
import io.owlmesh.proto.chat.v1.UpdateSessionRequest;
import io.owlmesh.proto.chat.v1.UpdateSessionResponse;
import io.owlmesh.proto.chat.v1.UploadImageRequest;
import io.owlmesh.proto.chat.v1.UploadImageResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A front door on a free port that keeps sessions in memory, tells them two a page, and answers
 * turns by a script.
 */
public final class FakeSessions extends ChatGrpc.ChatImplBase implements AutoCloseable {
  public final Map<String, Session> sessions = new ConcurrentSkipListMap<>();
  private final Map<String, List<Message>> messages = new ConcurrentSkipListMap<>();
  public final List<SendMessageRequest> turns = new CopyOnWriteArrayList<>();
  final List<SetFeedbackRequest> ratings = new CopyOnWriteArrayList<>();
  final List<ByteString> images = new CopyOnWriteArrayList<>();
  final List<Integer> chunkSizes = new CopyOnWriteArrayList<>();
  final SeenTraces traces = new SeenTraces();
  final List<ExportFeedbackResponse> rated = new CopyOnWriteArrayList<>();
  final CountDownLatch cancelled = new CountDownLatch(1);
  private final AtomicInteger numbers = new AtomicInteger();
  private final FakeTurn.Script script;
  private final Server server;
  private final AtomicReference<@Nullable FakeTurn> running = new AtomicReference<>();

  public FakeSessions(FakeTurn.Script script) throws IOException {
    this.script = script;
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(this)
            .intercept(traces)
            .intercept(TransmitStatusRuntimeExceptionInterceptor.instance())
            .build()
            .start();
  }

  public String address() {
    return "127.0.0.1:" + server.getPort();
  }

  public static String digest(int n) {
    return HexFormat.of().toHexDigits(n).repeat(8);
  }

  private static <T> void reply(StreamObserver<T> response, T message) {
    response.onNext(message);
    response.onCompleted();
  }

  Session session(String id) {
    Session session = sessions.get(id);
    if (session == null) {
      throw Status.NOT_FOUND.withDescription("no session '" + id + "'").asRuntimeException();
    }
    return session;
  }

  List<Message> messages(String id) {
    return messages.computeIfAbsent(id, _ -> new CopyOnWriteArrayList<>());
  }

  @Override
  public void describe(DescribeRequest request, StreamObserver<DescribeResponse> response) {
    reply(
        response,
        DescribeResponse.newBuilder().addAdapters("poet").setDefaultAdapter("poet").build());
  }

  @Override
  public void createSession(
      CreateSessionRequest request, StreamObserver<CreateSessionResponse> response) {
    Session session =
        Session.newBuilder()
            .setId("s" + numbers.incrementAndGet())
            .setTitle(request.getTitle())
            .setSettings(request.getSettings())
            .build();
    sessions.put(session.getId(), session);
    reply(response, CreateSessionResponse.newBuilder().setSession(session).build());
  }

  @Override
  public void getSession(GetSessionRequest request, StreamObserver<GetSessionResponse> response) {
    Session session = session(request.getSessionId());
    reply(
        response,
        GetSessionResponse.newBuilder()
            .setSession(session)
            .addAllMessages(messages(session.getId()))
            .build());
  }

  @Override
  public void listSessions(
      ListSessionsRequest request, StreamObserver<ListSessionsResponse> response) {
    List<Session> all = new ArrayList<>(sessions.values());
    int from = request.getPageToken().isEmpty() ? 0 : Integer.parseInt(request.getPageToken());
    int to = Math.min(all.size(), from + Math.min(2, request.getPageSize()));
    reply(
        response,
        ListSessionsResponse.newBuilder()
            .addAllSessions(all.subList(from, to))
            .setNextPageToken(to < all.size() ? Integer.toString(to) : "")
            .build());
  }

  @Override
  public void updateSession(
      UpdateSessionRequest request, StreamObserver<UpdateSessionResponse> response) {
    Session session = session(request.getSessionId());
    Session.Builder changed = session.toBuilder();
    if (request.hasTitle()) {
      changed.setTitle(request.getTitle());
    }
    if (request.hasSettings()) {
      changed.setSettings(request.getSettings());
    }
    if (request.hasHead()) {
      changed.setHead(request.getHead());
    }
    sessions.put(session.getId(), changed.build());
    reply(response, UpdateSessionResponse.newBuilder().setSession(changed).build());
  }

  @Override
  public void deleteSession(
      DeleteSessionRequest request, StreamObserver<DeleteSessionResponse> response) {
    sessions.remove(session(request.getSessionId()).getId());
    reply(response, DeleteSessionResponse.getDefaultInstance());
  }

  @Override
  public StreamObserver<UploadImageRequest> uploadImage(
      StreamObserver<UploadImageResponse> response) {
    return new StreamObserver<>() {
      private ByteString file = ByteString.EMPTY;

      @Override
      public void onNext(UploadImageRequest step) {
        if (step.hasData()) {
          chunkSizes.add(step.getData().size());
          file = file.concat(step.getData());
        }
      }

      @Override
      public void onError(Throwable error) {}

      @Override
      public void onCompleted() {
        images.add(file);
        Image image = Image.newBuilder().setSha256(digest(images.size())).setWidth(64).build();
        reply(response, UploadImageResponse.newBuilder().setImage(image).build());
      }
    };
  }

  @Override
  public void getImage(GetImageRequest request, StreamObserver<GetImageResponse> response) {
    for (ByteString half : List.of(ByteString.copyFromUtf8("me"), ByteString.copyFromUtf8("ow"))) {
      response.onNext(GetImageResponse.newBuilder().setData(half).build());
    }
    response.onCompleted();
  }

  @Override
  public void sendMessage(
      SendMessageRequest request, StreamObserver<SendMessageResponse> responses) {
    var out = (ServerCallStreamObserver<SendMessageResponse>) responses;
    out.setOnCancelHandler(cancelled::countDown);
    turns.add(request);
    int number = numbers.incrementAndGet();
    Message question = question(request, number);
    Message answer =
        Message.newBuilder()
            .setId("a" + number)
            .setParentId(question.getId())
            .setRole(Role.ROLE_AI)
            .build();
    messages(request.getSessionId()).addAll(List.of(question, answer));
    sessions.computeIfPresent(
        request.getSessionId(), (_, old) -> old.toBuilder().setHead(answer.getId()).build());
    out.onNext(
        SendMessageResponse.newBuilder()
            .setAccepted(TurnAccepted.newBuilder().setQuestion(question).setAnswer(answer))
            .build());
    FakeTurn turn = new FakeTurn(out, answer);
    running.set(turn);
    script.answer(turn);
  }

  private Message question(SendMessageRequest request, int number) {
    Session session = session(request.getSessionId());
    List<Message> said = messages(request.getSessionId());
    return switch (request.getActionCase()) {
      case SAY ->
          human(number, session.getHead(), request.getSay().getText())
              .addAllImages(
                  request.getSay().getImagesList().stream()
                      .map(sha -> Image.newBuilder().setSha256(sha).build())
                      .toList())
              .build();
      case EDIT ->
          human(
                  number,
                  find(said, request.getEdit().getMessageId()).getParentId(),
                  request.getEdit().getText())
              .build();
      case REGENERATE -> find(said, find(said, session.getHead()).getParentId());
      case ACTION_NOT_SET -> throw new IllegalArgumentException("no action");
    };
  }

  private static Message find(List<Message> said, String id) {
    return said.stream().filter(message -> message.getId().equals(id)).findFirst().orElseThrow();
  }

  private static Message.Builder human(int number, String parent, String text) {
    return Message.newBuilder()
        .setId("q" + number)
        .setParentId(parent)
        .setRole(Role.ROLE_HUMAN)
        .setText(text);
  }

  @Override
  public void stopAnswer(StopAnswerRequest request, StreamObserver<StopAnswerResponse> response) {
    reply(response, StopAnswerResponse.newBuilder().setStopped(true).build());
    Objects.requireNonNull(running.get()).end(MessageState.MESSAGE_STATE_STOPPED, "");
  }

  @Override
  public void setFeedback(
      SetFeedbackRequest request, StreamObserver<SetFeedbackResponse> response) {
    ratings.add(request);
    reply(response, SetFeedbackResponse.getDefaultInstance());
  }

  @Override
  public void exportFeedback(
      ExportFeedbackRequest request, StreamObserver<ExportFeedbackResponse> response) {
    rated.forEach(response::onNext);
    response.onCompleted();
  }

  @Override
  public void close() {
    server.shutdownNow();
  }
}
