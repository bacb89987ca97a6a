// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.job;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.owlmesh.model.Fault;
import io.owlmesh.model.OwlException;
import io.owlmesh.model.checkpoint.CheckpointWriter;
import io.owlmesh.proto.llm.v1.Adapter;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import io.owlmesh.proto.llm.v1.LoadAdapterRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Brings an adapter into running llm services, which go on answering all the while. */
public final class Publisher {
  private static final long LIMIT_SECONDS = 60;

  private Publisher() {}

  /**
   * Copies an adapter into the folder that the services load from, and has each load it.
   *
   * @param adapter folder of PEFT
   * @param folder the services' adapter folder
   * @param version what requests will name it; its folder must not exist yet
   * @param addresses host:port of every replica
   * @return what the last service loaded
   * @throws OwlException UNAVAILABLE naming the first replica that did not load it; those before it
   *     keep it
   */
  public static Adapter publish(Path adapter, Path folder, String version, List<String> addresses)
      throws IOException {
    CheckpointWriter.whole(folder.resolve(version), partial -> copy(adapter, partial));
    Adapter loaded = Adapter.getDefaultInstance();
    for (String address : addresses) {
      loaded = load(address, version);
    }
    return loaded;
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
  }

  private static Adapter load(String address, String version) {
    ManagedChannel channel = NettyChannelBuilder.forTarget(address).usePlaintext().build();
    try {
      return LanguageModelGrpc.newBlockingStub(channel)
          .withDeadlineAfter(LIMIT_SECONDS, TimeUnit.SECONDS)
          .loadAdapter(LoadAdapterRequest.newBuilder().setName(version).build())
          .getAdapter();
    } catch (StatusRuntimeException e) {
      throw new OwlException(
          Fault.UNAVAILABLE, "--publish", address + ": " + e.getStatus().getDescription(), e);
    } finally {
      channel.shutdownNow();
    }
  }
}
