// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.owlmesh.proto.admin.v1.AdminGrpc;
import io.owlmesh.proto.admin.v1.DeleteTenantRequest;
import io.owlmesh.proto.admin.v1.DeleteTenantResponse;
import io.owlmesh.proto.admin.v1.ListAuditRequest;
import io.owlmesh.proto.admin.v1.ListAuditResponse;
import io.owlmesh.proto.chat.v1.AnswerDone;
import io.owlmesh.proto.chat.v1.AnswerRequest;
import io.owlmesh.proto.chat.v1.AnswerResponse;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.proto.chat.v1.TextDelta;
import io.owlmesh.proto.chat.v1.Weights;
import io.owlmesh.proto.mesh.v1.AddModelRequest;
import io.owlmesh.proto.mesh.v1.AddModelResponse;
import io.owlmesh.proto.mesh.v1.DrainRequest;
import io.owlmesh.proto.mesh.v1.DrainResponse;
import io.owlmesh.proto.mesh.v1.MeshGrpc;
import io.owlmesh.proto.mesh.v1.RemoveModelRequest;
import io.owlmesh.proto.mesh.v1.RemoveModelResponse;
import io.owlmesh.proto.mesh.v1.ResumeRequest;
import io.owlmesh.proto.mesh.v1.ResumeResponse;
import io.owlmesh.proto.mesh.v1.SetCanaryRequest;
import io.owlmesh.proto.mesh.v1.SetCanaryResponse;
import io.owlmesh.proto.mesh.v1.WatchRequest;
import io.owlmesh.proto.mesh.v1.WatchResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** A front door on a free port that knows the mesh as it is told, and nothing else. */
final class FakeOrchestrator extends MeshGrpc.MeshImplBase implements AutoCloseable {
  final List<Object> asked = new CopyOnWriteArrayList<>();
  final Map<Weights, String> answers = new ConcurrentHashMap<>();
  final List<ListAuditResponse> audit = new CopyOnWriteArrayList<>();
  private final WatchResponse state;
  private final Server server;

  FakeOrchestrator(WatchResponse state) throws IOException {
    this.state = state;
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(this)
            .addService(new Chat())
            .addService(new Admin())
            .build()
            .start();
  }

  int port() {
    return server.getPort();
  }

  String address() {
    return "127.0.0.1:" + port();
  }

  @Override
  public void watch(WatchRequest request, StreamObserver<WatchResponse> out) {
    out.onNext(state); // And goes on.
  }

  @Override
  public void drain(DrainRequest request, StreamObserver<DrainResponse> out) {
    asked.add(request);
    if (!request.getForce()) {
      out.onError(
          Status.FAILED_PRECONDITION
              .withDescription("it is the last one of the llm stage that takes work")
              .asRuntimeException());
      return;
    }
    out.onNext(DrainResponse.getDefaultInstance());
    out.onCompleted();
  }

  @Override
  public void resume(ResumeRequest request, StreamObserver<ResumeResponse> out) {
    asked.add(request);
    out.onNext(ResumeResponse.getDefaultInstance());
    out.onCompleted();
  }

  @Override
  public void setCanary(SetCanaryRequest request, StreamObserver<SetCanaryResponse> out) {
    asked.add(request);
    out.onNext(SetCanaryResponse.getDefaultInstance());
    out.onCompleted();
  }

  @Override
  public void addModel(AddModelRequest request, StreamObserver<AddModelResponse> out) {
    asked.add(request);
    out.onNext(AddModelResponse.getDefaultInstance());
    out.onCompleted();
  }

  @Override
  public void removeModel(RemoveModelRequest request, StreamObserver<RemoveModelResponse> out) {
    asked.add(request);
    out.onNext(RemoveModelResponse.getDefaultInstance());
    out.onCompleted();
  }

  /** Answers by the weights that are asked for. */
  private final class Chat extends ChatGrpc.ChatImplBase {
    @Override
    public StreamObserver<AnswerRequest> answer(StreamObserver<AnswerResponse> out) {
      return new StreamObserver<>() {
        @Override
        public void onNext(AnswerRequest request) {
          Weights weights = request.getConversation().getWeights();
          asked.add(weights);
          out.onNext(
              AnswerResponse.newBuilder()
                  .setText(
                      TextDelta.newBuilder()
                          .setText(answers.getOrDefault(weights, "I do not know.")))
                  .build());
          out.onNext(AnswerResponse.newBuilder().setDone(AnswerDone.getDefaultInstance()).build());
          out.onCompleted();
        }

        @Override
        public void onError(Throwable gone) {}

        @Override
        public void onCompleted() {}
      };
    }
  }

  /** Tells the rows that it has, and counts what it deletes. */
  private final class Admin extends AdminGrpc.AdminImplBase {
    @Override
    public void listAudit(ListAuditRequest request, StreamObserver<ListAuditResponse> out) {
      asked.add(request);
      audit.forEach(out::onNext);
      out.onCompleted();
    }

    @Override
    public void deleteTenant(
        DeleteTenantRequest request, StreamObserver<DeleteTenantResponse> out) {
      asked.add(request);
      out.onNext(DeleteTenantResponse.newBuilder().setSessions(3).setImageBytes(4096).build());
      out.onCompleted();
    }
  }

  @Override
  public void close() {
    server.shutdownNow();
  }
}
