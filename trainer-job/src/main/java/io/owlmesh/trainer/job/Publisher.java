// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.job;

import com.google.common.util.concurrent.MoreExecutors;
import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.llm.v1.Adapter;
import io.owlmesh.proto.llm.v1.AdapterHeader;
import io.owlmesh.proto.llm.v1.FileChunk;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import io.owlmesh.proto.llm.v1.UploadAdapterRequest;
import io.owlmesh.proto.llm.v1.UploadAdapterResponse;
import io.owlmesh.wire.Wire;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Brings an adapter into running llm services, which go on answering all the while. */
public final class Publisher {
  private static final long LIMIT_SECONDS = 600;
  private static final int PIECE = 1 << 20;
  private static final List<String> FILES =
      List.of("adapter_config.json", "adapter_model.safetensors");

  private Publisher() {}

  /**
   * Sends an adapter to services.
   *
   * @param adapter folder of PEFT
   * @param version what requests will name it
   * @param addresses host:port of every replica
   * @return what the last service loaded
   * @throws OwlException UNAVAILABLE naming the first replica that did not load it; those before it
   *     keep it
   */
  public static Adapter publish(Path adapter, String version, List<String> addresses) {
    Adapter loaded = Adapter.getDefaultInstance();
    for (String address : addresses) {
      loaded = send(adapter, version, address);
    }
    return loaded;
  }

  private static Adapter send(Path adapter, String version, String address) {
    ManagedChannel channel = Wire.tune(NettyChannelBuilder.forTarget(address)).build();
    try (Sending sending = new Sending(adapter, version)) {
      LanguageModelGrpc.newStub(channel)
          .withDeadlineAfter(LIMIT_SECONDS, TimeUnit.SECONDS)
          .withExecutor(MoreExecutors.directExecutor())
          .uploadAdapter(sending);
      return sending.loaded.join();
    } catch (CompletionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new OwlException(
          Fault.UNAVAILABLE,
          "--publish",
          address + ": " + Status.fromThrowable(cause).getDescription(),
          cause);
    } finally {
      channel.shutdownNow();
    }
  }

  /** Sends pieces of the files as fast as the service takes them. */
  private static final class Sending
      implements ClientResponseObserver<UploadAdapterRequest, UploadAdapterResponse>,
          AutoCloseable {
    private final CompletableFuture<Adapter> loaded = new CompletableFuture<>();
    private final Queue<Path> files = new ArrayDeque<>();
    private final String version;
    private boolean named;
    private boolean complete;
    private @Nullable InputStream open;

    Sending(Path adapter, String version) {
      this.version = version;
      FILES.forEach(name -> files.add(adapter.resolve(name)));
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<UploadAdapterRequest> requests) {
      requests.setOnReadyHandler(() -> send(requests));
    }

    private void send(ClientCallStreamObserver<UploadAdapterRequest> requests) {
      try {
        while (requests.isReady() && !complete) {
          if (!named) {
            named = true;
            requests.onNext(
                UploadAdapterRequest.newBuilder()
                    .setHeader(AdapterHeader.newBuilder().setName(version))
                    .build());
          } else if (files.isEmpty()) {
            complete = true;
            requests.onCompleted();
          } else {
            sendPiece(requests);
          }
        }
      } catch (IOException e) {
        loaded.completeExceptionally(new UncheckedIOException(e));
        requests.cancel("a file could not be read", e);
      }
    }

    private void sendPiece(ClientCallStreamObserver<UploadAdapterRequest> requests)
        throws IOException {
      Path file = files.element();
      InputStream in = open;
      if (in == null) {
        in = Files.newInputStream(file);
        open = in;
      }
      byte[] piece = in.readNBytes(PIECE);
      if (piece.length == 0) {
        close();
        files.remove();
        return;
      }
      requests.onNext(
          UploadAdapterRequest.newBuilder()
              .setChunk(
                  FileChunk.newBuilder()
                      .setFile(file.getFileName().toString())
                      .setContent(ByteString.copyFrom(piece)))
              .build());
    }

    @Override
    public void onNext(UploadAdapterResponse response) {
      loaded.complete(response.getAdapter());
    }

    @Override
    public void onError(Throwable failure) {
      loaded.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {
      // Without effect if the adapter was reported, as it should be.
      loaded.completeExceptionally(new IllegalStateException("the call ended without an adapter"));
    }

    @Override
    public void close() {
      InputStream in = open;
      open = null;
      if (in != null) {
        try {
          in.close();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
  }
}
