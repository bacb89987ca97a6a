// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.owlmesh.model.OwlException;
import io.owlmesh.orchestrator.answer.Answering;
import io.owlmesh.orchestrator.answer.Answers;
import io.owlmesh.orchestrator.answer.Front;
import io.owlmesh.orchestrator.answer.Mesh;
import io.owlmesh.orchestrator.answer.OrchestratorConfig;
import io.owlmesh.proto.chat.v1.AnswerRequest;
import io.owlmesh.proto.chat.v1.AnswerResponse;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.proto.chat.v1.DescribeRequest;
import io.owlmesh.proto.chat.v1.DescribeResponse;
import io.owlmesh.wire.Faults;
import io.quarkus.grpc.GrpcService;
import jakarta.inject.Inject;

/** The front door in gRPC. */
@GrpcService
public class ChatGrpcService extends ChatGrpc.ChatImplBase {
  private final Front front;
  private final Answers answers;
  private final OrchestratorConfig settings;

  @Inject
  ChatGrpcService(Front front, Answers answers, OrchestratorConfig settings) {
    this.front = front;
    this.answers = answers;
    this.settings = settings;
  }

  @Override
  public StreamObserver<AnswerRequest> answer(StreamObserver<AnswerResponse> responses) {
    var out = (ServerCallStreamObserver<AnswerResponse>) responses;
    Answering answering = answers.open(new Events(out));
    // Without a handler, sending to a caller who went away would throw.
    out.setOnCancelHandler(answering::cancel);
    return new AnswerCall(
        settings, answering::reserve, question -> answering.start(() -> question), answering::fail);
  }

  @Override
  public void describe(DescribeRequest request, StreamObserver<DescribeResponse> response) {
    Mesh mesh;
    try {
      mesh = front.mesh();
    } catch (OwlException e) {
      response.onError(Faults.toStatus(e));
      return;
    }
    response.onNext(
        DescribeResponse.newBuilder()
            .setModel(mesh.model())
            .setContext(mesh.context())
            .setVisualTokens(mesh.visualTokens())
            .addAllAdapters(mesh.adapters())
            .setDefaultAdapter(settings.defaultAdapter().orElse(""))
            .setMaxImages(settings.maxImages())
            .setMaxImageBytes(settings.maxImageBytes())
            .addAllDigests(mesh.digests())
            .build());
    response.onCompleted();
  }
}
