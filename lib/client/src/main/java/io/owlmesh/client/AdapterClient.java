// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.client;

import com.google.common.io.ByteSource;
import io.grpc.StatusRuntimeException;
import io.owlmesh.proto.llm.v1.Adapter;
import io.owlmesh.proto.llm.v1.AdapterHeader;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc.LanguageModelBlockingStub;
import io.owlmesh.proto.llm.v1.ListAdaptersRequest;
import io.owlmesh.proto.llm.v1.LoadAdapterRequest;
import io.owlmesh.proto.llm.v1.UnloadAdapterRequest;
import io.owlmesh.proto.llm.v1.UploadAdapterResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/** The LoRA adapters of a running language model. Every call blocks. */
public final class AdapterClient implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** For what reads or sends gigabytes. */
  private static final Duration LONG_PATIENCE = Duration.ofMinutes(10);

  private final Address address;
  private final Connection connection;

  /**
   * Connects when first asked.
   *
   * @param address of the language model's service, not of the front door
   */
  public AdapterClient(Address address) {
    this.address = address;
    connection = new Connection(address);
  }

  private <T> T call(Duration limit, Function<LanguageModelBlockingStub, T> rpc)
      throws AnswerFailed {
    try {
      return rpc.apply(
          LanguageModelGrpc.newBlockingStub(connection.channel())
              .withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS));
    } catch (StatusRuntimeException failed) {
      throw AnswerFailed.of(failed, address);
    }
  }

  /** Those that requests may name, sorted by name. */
  public List<Adapter> list() throws AnswerFailed {
    return call(PATIENCE, stub -> stub.listAdapters(ListAdaptersRequest.getDefaultInstance()))
        .getAdaptersList();
  }

  /** Loads one from the service's own folder of adapters, in place of one of that name. */
  public Adapter load(String name) throws AnswerFailed {
    return call(
            LONG_PATIENCE,
            stub -> stub.loadAdapter(LoadAdapterRequest.newBuilder().setName(name).build()))
        .getAdapter();
  }

  /**
   * Sends one, which the service checks as a whole before it replaces one of that name.
   *
   * @param name what requests will call it
   * @param temporary whether it is gone when the service stops
   * @param files of PEFT by their names, read piece by piece
   */
  public Adapter upload(String name, boolean temporary, Map<String, ByteSource> files)
      throws AnswerFailed, InterruptedException {
    AtomicReference<UploadAdapterResponse> loaded =
        new AtomicReference<>(UploadAdapterResponse.getDefaultInstance());
    AdapterHeader header = AdapterHeader.newBuilder().setName(name).setTemporary(temporary).build();
    try (AdapterUpload upload = new AdapterUpload(header, files)) {
      var observer =
          new UploadingObserver<>(upload, (UploadAdapterResponse said) -> loaded.set(said));
      var _ =
          LanguageModelGrpc.newStub(connection.channel())
              .withDeadlineAfter(LONG_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
              .uploadAdapter(observer);
      new PendingAnswer(address, observer.end()).await();
    }
    return loaded.get().getAdapter();
  }

  /** Removes one; answers on their way finish with it. */
  public void unload(String name) throws AnswerFailed {
    var _ =
        call(
            PATIENCE,
            stub -> stub.unloadAdapter(UnloadAdapterRequest.newBuilder().setName(name).build()));
  }

  @Override
  public void close() {
    connection.close();
  }
}
