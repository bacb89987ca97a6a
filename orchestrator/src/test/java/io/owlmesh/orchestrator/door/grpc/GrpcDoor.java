// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.grpc;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.owlmesh.orchestrator.pipeline.FakeMesh;
import io.owlmesh.orchestrator.session.KeptSessions;
import io.owlmesh.orchestrator.store.ArchiveFolder;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.proto.chat.v1.ImageHeader;
import io.owlmesh.proto.chat.v1.UploadImageRequest;
import io.owlmesh.proto.chat.v1.UploadImageResponse;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/** The front door on a real port, and a client of it. */
final class GrpcDoor implements AutoCloseable {
  private static final int WINDOW = 65_535;

  final ManagedChannel channel;
  private final KeptSessions kept;
  private final Server server;

  GrpcDoor(Path folder, FakeMesh mesh) throws Exception {
    this(folder, mesh, new ArchiveFolder(folder.resolve("archives"), 1 << 20, 0));
  }

  GrpcDoor(Path folder, FakeMesh mesh, ArchiveFolder archives) throws Exception {
    kept = new KeptSessions(folder, mesh);
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(
                new ChatGrpcService(mesh.gateway, mesh.answers, kept.sessions(), mesh.settings))
            .addService(new MeshGrpcService(mesh.operations, mesh.answers, kept.backup(), archives))
            .build()
            .start();
    channel =
        NettyChannelBuilder.forAddress(server.getListenSockets().getFirst())
            .usePlaintext()
            .flowControlWindow(WINDOW)
            .build();
  }

  ChatGrpc.ChatBlockingStub chat() {
    return ChatGrpc.newBlockingStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  ChatGrpc.ChatStub asynchronous() {
    return ChatGrpc.newStub(channel).withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  static UploadImageRequest header(long size) {
    return UploadImageRequest.newBuilder()
        .setHeader(ImageHeader.newBuilder().setSizeBytes(size))
        .build();
  }

  static UploadImageRequest data(ByteString piece) {
    return UploadImageRequest.newBuilder().setData(piece).build();
  }

  /** Sends these and says that it is all. */
  UploadImageResponse upload(UploadImageRequest... requests) {
    OneResponse<UploadImageResponse> heard = new OneResponse<>();
    StreamObserver<UploadImageRequest> out = asynchronous().uploadImage(heard);
    for (UploadImageRequest request : requests) {
      out.onNext(request);
    }
    out.onCompleted();
    try {
      return heard.response.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof StatusRuntimeException status ? status : e;
    }
  }

  /** Uploads a file in pieces. */
  String upload(ByteString file) {
    List<UploadImageRequest> requests = new ArrayList<>(List.of(header(file.size())));
    int piece = Math.min(1 << 20, file.size() / 3 + 1);
    for (int from = 0; from < file.size(); from += piece) {
      requests.add(data(file.substring(from, Math.min(from + piece, file.size()))));
    }
    return upload(requests.toArray(UploadImageRequest[]::new)).getImage().getSha256();
  }

  @Override
  public void close() {
    channel.shutdownNow();
    server.shutdownNow();
    kept.close();
  }
}
