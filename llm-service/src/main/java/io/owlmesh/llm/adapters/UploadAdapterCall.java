// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.adapters;

import io.grpc.stub.StreamObserver;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.checkpoint.AdapterFile;
import io.owlmesh.proto.llm.v1.Adapter;
import io.owlmesh.proto.llm.v1.AdapterHeader;
import io.owlmesh.proto.llm.v1.FileChunk;
import io.owlmesh.proto.llm.v1.UploadAdapterRequest;
import io.owlmesh.proto.llm.v1.UploadAdapterResponse;
import io.owlmesh.wire.Faults;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One call of UploadAdapter. Files are collected beside the adapters, and become one of them only
 * when they are complete and fit the model.
 */
public final class UploadAdapterCall implements StreamObserver<UploadAdapterRequest> {
  private static final Set<String> FILES =
      Set.of("adapter_config.json", "adapter_model.safetensors", "adapter_model.bin");

  private final AdapterRegistry adapters;
  private final Function<AdapterFile, Adapter> load;
  private final StreamObserver<UploadAdapterResponse> response;
  private String name = "";
  // Where it stays, if it does.
  private Optional<Path> home = Optional.empty();
  private @Nullable UploadFolder folder;
  private long bytes;
  private boolean ended;

  /**
   * @param load brings an adapter to the engine
   */
  public UploadAdapterCall(
      AdapterRegistry adapters,
      Function<AdapterFile, Adapter> load,
      StreamObserver<UploadAdapterResponse> response) {
    this.adapters = adapters;
    this.load = load;
    this.response = response;
  }

  @Override
  public void onNext(UploadAdapterRequest request) {
    if (ended) {
      return;
    }
    try {
      switch (request.getStepCase()) {
        case HEADER -> begin(request.getHeader());
        case CHUNK -> write(request.getChunk());
        case STEP_NOT_SET -> throw OwlException.badInput("step", "is neither header nor chunk");
      }
    } catch (IOException e) {
      fail(new UncheckedIOException(e));
    } catch (RuntimeException e) {
      fail(e);
    }
  }

  private void begin(AdapterHeader header) throws IOException {
    if (folder != null) {
      throw OwlException.badInput("header", "comes once, first");
    }
    AdapterRegistry.requireName(header.getName());
    name = header.getName();
    home = header.getTemporary() ? Optional.empty() : adapters.folder();
    folder = adapters.upload(home.isPresent());
  }

  private void write(FileChunk chunk) throws IOException {
    if (folder == null) {
      throw OwlException.badInput("header", "is missing; it comes before the files");
    }
    if (!FILES.contains(chunk.getFile())) {
      throw OwlException.badInput("chunk.file", "is none of " + FILES.stream().sorted().toList());
    }
    bytes += chunk.getContent().size();
    if (bytes > adapters.room()) {
      throw OwlException.badInput(
          "chunk.content", bytes + " bytes so far, the limit is " + adapters.room());
    }
    Files.write(
        folder.files().resolve(chunk.getFile()),
        chunk.getContent().toByteArray(),
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }

  @Override
  public void onCompleted() {
    if (ended) {
      return;
    }
    Adapter loaded;
    try {
      if (folder == null) {
        throw OwlException.badInput("header", "is missing");
      }
      loaded = load.apply(AdapterFile.open(folder.files(), name));
      keep(folder);
    } catch (IOException e) {
      fail(new UncheckedIOException(e));
      return;
    } catch (RuntimeException e) {
      fail(e);
      return;
    }
    ended = true;
    response.onNext(UploadAdapterResponse.newBuilder().setAdapter(loaded).build());
    response.onCompleted();
  }

  /** Puts the files where the next start finds them, in place of those of that name. */
  private void keep(UploadFolder collected) throws IOException {
    if (home.isPresent()) {
      collected.moveTo(home.get().resolve(name));
    }
    collected.close();
    folder = null;
  }

  @Override
  public void onError(Throwable cancelled) {
    ended = true;
    discard();
  }

  private void fail(RuntimeException why) {
    ended = true;
    discard();
    response.onError(Faults.toStatus(why));
  }

  private void discard() {
    UploadFolder collected = folder;
    if (collected != null) {
      try {
        collected.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
