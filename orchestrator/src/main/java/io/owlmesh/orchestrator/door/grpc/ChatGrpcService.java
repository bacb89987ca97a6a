// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.grpc;

import com.google.protobuf.ByteString;
import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.owlmesh.orchestrator.OrchestratorConfig;
import io.owlmesh.orchestrator.pipeline.ActiveAnswer;
import io.owlmesh.orchestrator.pipeline.AdmissionControl;
import io.owlmesh.orchestrator.pipeline.MeshGateway;
import io.owlmesh.orchestrator.session.Sessions;
import io.owlmesh.proto.chat.v1.AnswerRequest;
import io.owlmesh.proto.chat.v1.AnswerResponse;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.proto.chat.v1.CreateSessionRequest;
import io.owlmesh.proto.chat.v1.CreateSessionResponse;
import io.owlmesh.proto.chat.v1.DeleteSessionRequest;
import io.owlmesh.proto.chat.v1.DeleteSessionResponse;
import io.owlmesh.proto.chat.v1.DescribeRequest;
import io.owlmesh.proto.chat.v1.DescribeResponse;
import io.owlmesh.proto.chat.v1.EncodeImageRequest;
import io.owlmesh.proto.chat.v1.EncodeImageResponse;
import io.owlmesh.proto.chat.v1.ExportFeedbackRequest;
import io.owlmesh.proto.chat.v1.ExportFeedbackResponse;
import io.owlmesh.proto.chat.v1.FollowAnswerRequest;
import io.owlmesh.proto.chat.v1.GetAttentionRequest;
import io.owlmesh.proto.chat.v1.GetAttentionResponse;
import io.owlmesh.proto.chat.v1.GetImageRequest;
import io.owlmesh.proto.chat.v1.GetImageResponse;
import io.owlmesh.proto.chat.v1.GetSessionRequest;
import io.owlmesh.proto.chat.v1.GetSessionResponse;
import io.owlmesh.proto.chat.v1.Image;
import io.owlmesh.proto.chat.v1.ListModelsRequest;
import io.owlmesh.proto.chat.v1.ListModelsResponse;
import io.owlmesh.proto.chat.v1.ListSessionsRequest;
import io.owlmesh.proto.chat.v1.ListSessionsResponse;
import io.owlmesh.proto.chat.v1.SendMessageRequest;
import io.owlmesh.proto.chat.v1.SendMessageResponse;
import io.owlmesh.proto.chat.v1.SetFeedbackRequest;
import io.owlmesh.proto.chat.v1.SetFeedbackResponse;
import io.owlmesh.proto.chat.v1.StopAnswerRequest;
import io.owlmesh.proto.chat.v1.StopAnswerResponse;
import io.owlmesh.proto.chat.v1.UpdateSessionRequest;
import io.owlmesh.proto.chat.v1.UpdateSessionResponse;
import io.owlmesh.proto.chat.v1.UploadImageRequest;
import io.owlmesh.proto.chat.v1.UploadImageResponse;
import io.owlmesh.wire.Wire;
import io.quarkus.grpc.GrpcService;
import jakarta.inject.Inject;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The front door in gRPC. */
@GrpcService
public class ChatGrpcService implements ChatGrpc.AsyncService, BindableService {
  private static final int CHUNK = 1 << 20;

  private final MeshGateway gateway;
  private final AdmissionControl answers;
  private final Sessions sessions;
  private final OrchestratorConfig settings;

  @Inject
  ChatGrpcService(
      MeshGateway gateway,
      AdmissionControl answers,
      Sessions sessions,
      OrchestratorConfig settings) {
    this.gateway = gateway;
    this.answers = answers;
    this.sessions = sessions;
    this.settings = settings;
  }

  @Override
  public ServerServiceDefinition bindService() {
    return Wire.bind(ChatGrpc.bindService(this));
  }

  @Override
  public StreamObserver<AnswerRequest> answer(StreamObserver<AnswerResponse> responses) {
    var out = (ServerCallStreamObserver<AnswerResponse>) responses;
    ActiveAnswer answering = answers.open(new AnswerEvents(new OutboundStream<>(out)));
    AtomicReference<Runnable> unwatch = new AtomicReference<>(() -> {});
    // Without a handler, sending to a caller who went away would throw.
    out.setOnCancelHandler(() -> {
      unwatch.get().run();
      answering.cancel();
    });
    AnswerCall call =
        new AnswerCall(
            settings,
            answering::use,
            answering::reserve,
            question -> {
              unwatch.get().run();
              answering.start(question.options().getPriority(), () -> Optional.of(question));
            },
            failure -> {
              unwatch.get().run();
              answering.fail(failure);
            });
    unwatch.set(answers.watch(call::arrived, call::late));
    return call;
  }

  @Override
  public void describe(DescribeRequest request, StreamObserver<DescribeResponse> response) {
    tell(response, () -> gateway.describe(request.getModel()));
  }

  @Override
  public void listModels(ListModelsRequest request, StreamObserver<ListModelsResponse> response) {
    tell(response, gateway::listModels);
  }

  /** Answers with one message, from a thread that may wait. */
  private <R> void tell(StreamObserver<R> response, Supplier<R> work) {
    stream(response, out -> out.send(work.get()));
  }

  /** Answers with messages, from a thread that may wait. */
  private <R> void stream(StreamObserver<R> responses, Consumer<OutboundStream<R>> work) {
    var call = (ServerCallStreamObserver<R>) responses;
    OutboundStream<R> out = new OutboundStream<>(call);
    call.setOnCancelHandler(() -> {});
    Context.CancellableContext life = answers.deadline();
    answers.execute(
        life.wrap(() -> {
          try {
            work.accept(out);
            out.complete();
          } catch (RuntimeException e) {
            out.fail(e);
          } finally {
            life.cancel(null);
          }
        }));
  }

  @Override
  public StreamObserver<UploadImageRequest> uploadImage(
      StreamObserver<UploadImageResponse> responses) {
    var call = (ServerCallStreamObserver<UploadImageResponse>) responses;
    OutboundStream<UploadImageResponse> out = new OutboundStream<>(call);
    call.setOnCancelHandler(() -> {});
    return new UploadImageCall(
        settings.maxImageBytes(),
        answers,
        file -> {
          Image image = sessions.upload(file);
          out.send(UploadImageResponse.newBuilder().setImage(image).build());
          out.complete();
        },
        out::fail);
  }

  @Override
  public void getImage(GetImageRequest request, StreamObserver<GetImageResponse> responses) {
    stream(
        responses,
        out -> {
          Image image = sessions.image(request.getSha256());
          // Callers who read slowly hold files in memory.
          Runnable giveBack = answers.hold(image.getSizeBytes());
          try {
            send(image, sessions.read(request.getSha256()), out);
          } finally {
            giveBack.run();
          }
        });
  }

  @Override
  public void getAttention(
      GetAttentionRequest request, StreamObserver<GetAttentionResponse> response) {
    tell(response, () -> sessions.attention(request));
  }

  @Override
  public StreamObserver<EncodeImageRequest> encodeImage(
      StreamObserver<EncodeImageResponse> responses) {
    var call = (ServerCallStreamObserver<EncodeImageResponse>) responses;
    call.setOnCancelHandler(() -> {});
    return new EncodeImageCall(
        gateway, answers, settings.maxImageBytes(), new OutboundStream<>(call));
  }

  private static void send(Image image, ByteString file, OutboundStream<GetImageResponse> out) {
    for (int from = 0; from < file.size(); from += CHUNK) {
      GetImageResponse.Builder piece =
          GetImageResponse.newBuilder()
              .setData(file.substring(from, Math.min(from + CHUNK, file.size())));
      if (from == 0) {
        piece.setImage(image);
      }
      out.sendWhenReady(piece.build());
    }
  }

  @Override
  public void createSession(
      CreateSessionRequest request, StreamObserver<CreateSessionResponse> response) {
    tell(
        response,
        () -> CreateSessionResponse.newBuilder().setSession(sessions.create(request)).build());
  }

  @Override
  public void getSession(GetSessionRequest request, StreamObserver<GetSessionResponse> response) {
    tell(response, () -> sessions.get(request.getSessionId()));
  }

  @Override
  public void listSessions(
      ListSessionsRequest request, StreamObserver<ListSessionsResponse> response) {
    tell(response, () -> sessions.list(request));
  }

  @Override
  public void updateSession(
      UpdateSessionRequest request, StreamObserver<UpdateSessionResponse> response) {
    tell(
        response,
        () -> UpdateSessionResponse.newBuilder().setSession(sessions.update(request)).build());
  }

  @Override
  public void deleteSession(
      DeleteSessionRequest request, StreamObserver<DeleteSessionResponse> response) {
    tell(
        response,
        () -> {
          sessions.delete(request.getSessionId());
          return DeleteSessionResponse.getDefaultInstance();
        });
  }

  @Override
  public void sendMessage(
      SendMessageRequest request, StreamObserver<SendMessageResponse> responses) {
    var call = (ServerCallStreamObserver<SendMessageResponse>) responses;
    Runnable cancel = sessions.send(request, new TurnEvents(new OutboundStream<>(call)));
    call.setOnCancelHandler(cancel);
  }

  @Override
  public void followAnswer(
      FollowAnswerRequest request, StreamObserver<SendMessageResponse> responses) {
    stream(responses, out -> sessions.follow(request, out::sendWhenReady));
  }

  @Override
  public void stopAnswer(StopAnswerRequest request, StreamObserver<StopAnswerResponse> response) {
    tell(
        response,
        () ->
            StopAnswerResponse.newBuilder()
                .setStopped(sessions.stop(request.getSessionId()))
                .build());
  }

  @Override
  public void setFeedback(
      SetFeedbackRequest request, StreamObserver<SetFeedbackResponse> response) {
    tell(
        response,
        () -> SetFeedbackResponse.newBuilder().setMessage(sessions.rate(request)).build());
  }

  @Override
  public void exportFeedback(
      ExportFeedbackRequest request, StreamObserver<ExportFeedbackResponse> responses) {
    stream(responses, out -> sessions.export(request.getRatingsList(), out::sendWhenReady));
  }
}
