// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.mesh;

import com.google.protobuf.ByteString;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.owlmesh.proto.llm.v1.Adapter;
import io.owlmesh.proto.llm.v1.AdapterHeader;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import io.owlmesh.proto.llm.v1.ListAdaptersRequest;
import io.owlmesh.proto.llm.v1.ListAdaptersResponse;
import io.owlmesh.proto.llm.v1.LoadAdapterRequest;
import io.owlmesh.proto.llm.v1.LoadAdapterResponse;
import io.owlmesh.proto.llm.v1.UnloadAdapterRequest;
import io.owlmesh.proto.llm.v1.UnloadAdapterResponse;
import io.owlmesh.proto.llm.v1.UploadAdapterRequest;
import io.owlmesh.proto.llm.v1.UploadAdapterResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;

/** A language model on a free port that has adapters and nothing else. */
final class FakeAdapters extends LanguageModelGrpc.LanguageModelImplBase implements AutoCloseable {
  final Map<String, Adapter> loaded = new ConcurrentSkipListMap<>();
  final Map<String, AdapterHeader> headers = new ConcurrentSkipListMap<>();
  final Map<String, ByteString> files = new ConcurrentSkipListMap<>();
  private final Server server;

  FakeAdapters() throws IOException {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(this)
            .build()
            .start();
  }

  String address() {
    return "127.0.0.1:" + server.getPort();
  }

  private Adapter add(String name) {
    Adapter adapter =
        Adapter.newBuilder()
            .setName(name)
            .setRank(8)
            .setParameters(1_234_567)
            .setDigest("0123456789abcdef".repeat(4))
            .build();
    loaded.put(name, adapter);
    return adapter;
  }

  @Override
  public void listAdapters(ListAdaptersRequest request, StreamObserver<ListAdaptersResponse> out) {
    out.onNext(ListAdaptersResponse.newBuilder().addAllAdapters(loaded.values()).build());
    out.onCompleted();
  }

  @Override
  public void loadAdapter(LoadAdapterRequest request, StreamObserver<LoadAdapterResponse> out) {
    if (request.getName().equals("none")) {
      out.onError(Status.NOT_FOUND.withDescription("no folder none").asRuntimeException());
      return;
    }
    out.onNext(LoadAdapterResponse.newBuilder().setAdapter(add(request.getName())).build());
    out.onCompleted();
  }

  @Override
  public void unloadAdapter(
      UnloadAdapterRequest request, StreamObserver<UnloadAdapterResponse> out) {
    loaded.remove(request.getName());
    out.onNext(UnloadAdapterResponse.getDefaultInstance());
    out.onCompleted();
  }

  @Override
  public StreamObserver<UploadAdapterRequest> uploadAdapter(
      StreamObserver<UploadAdapterResponse> out) {
    return new StreamObserver<>() {
      private final Map<String, ByteString> came = new TreeMap<>();
      private AdapterHeader header = AdapterHeader.getDefaultInstance();

      @Override
      public void onNext(UploadAdapterRequest step) {
        if (step.hasHeader()) {
          header = step.getHeader();
        } else {
          came.merge(step.getChunk().getFile(), step.getChunk().getContent(), ByteString::concat);
        }
      }

      @Override
      public void onError(Throwable cancelled) {}

      @Override
      public void onCompleted() {
        headers.put(header.getName(), header);
        files.putAll(came);
        out.onNext(UploadAdapterResponse.newBuilder().setAdapter(add(header.getName())).build());
        out.onCompleted();
      }
    };
  }

  @Override
  public void close() {
    server.shutdownNow();
  }
}
