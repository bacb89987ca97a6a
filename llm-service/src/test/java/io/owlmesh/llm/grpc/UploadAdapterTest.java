// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.owlmesh.proto.llm.v1.Adapter;
import io.owlmesh.proto.llm.v1.AdapterHeader;
import io.owlmesh.proto.llm.v1.FileChunk;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import io.owlmesh.proto.llm.v1.ListModelsRequest;
import io.owlmesh.proto.llm.v1.Model;
import io.owlmesh.proto.llm.v1.UploadAdapterRequest;
import io.owlmesh.proto.llm.v1.UploadAdapterResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Adapters that come over the wire. */
class UploadAdapterTest {
  private static final Path PEFT =
      Path.of("../lib/model/src/test/resources/owl-tiny/adapters/peft");
  private static final String CONFIG = "adapter_config.json";
  private static final String WEIGHTS = "adapter_model.safetensors";

  @TempDir private Path folder;
  private TinyLlm service;

  @BeforeEach
  void start() throws Exception {
    service = TinyLlm.start(folder);
  }

  @AfterEach
  void stop() {
    service.close();
  }

  private static UploadAdapterRequest name(String name) {
    return UploadAdapterRequest.newBuilder()
        .setHeader(AdapterHeader.newBuilder().setName(name))
        .build();
  }

  /** A file in pieces of 1000 bytes. */
  private static Stream<UploadAdapterRequest> file(String name, byte[] content) {
    return Stream.iterate(0, at -> at < content.length, at -> at + 1000)
        .map(at ->
            UploadAdapterRequest.newBuilder()
                .setChunk(
                    FileChunk.newBuilder()
                        .setFile(name)
                        .setContent(
                            ByteString.copyFrom(content, at, Math.min(1000, content.length - at))))
                .build());
  }

  private Adapter send(List<UploadAdapterRequest> requests) {
    CompletableFuture<Adapter> loaded = new CompletableFuture<>();
    StreamObserver<UploadAdapterRequest> call =
        LanguageModelGrpc.newStub(service.channel())
            .uploadAdapter(
                new StreamObserver<>() {
                  @Override
                  public void onNext(UploadAdapterResponse response) {
                    loaded.complete(response.getAdapter());
                  }

                  @Override
                  public void onError(Throwable failure) {
                    loaded.completeExceptionally(failure);
                  }

                  @Override
                  public void onCompleted() {}
                });
    requests.forEach(call::onNext);
    call.onCompleted();
    try {
      return loaded.orTimeout(60, TimeUnit.SECONDS).join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof StatusRuntimeException status ? status : e;
    }
  }

  private static List<UploadAdapterRequest> adapter(String name, byte[] weights)
      throws IOException {
    return Stream.of(
            Stream.of(name(name)),
            file(CONFIG, Files.readAllBytes(PEFT.resolve(CONFIG))),
            file(WEIGHTS, weights))
        .flatMap(requests -> requests)
        .toList();
  }

  private static byte[] weights() throws IOException {
    return Files.readAllBytes(PEFT.resolve(WEIGHTS));
  }

  private Model model() {
    return LanguageModelGrpc.newBlockingStub(service.channel())
        .listModels(ListModelsRequest.getDefaultInstance())
        .getModels(0);
  }

  @Test
  void anUploadedAdapterIsUsedAndKept() throws Exception {
    Adapter loaded = send(adapter("owl.v1", weights()));

    assertThat(loaded.getName()).isEqualTo("owl.v1");
    assertThat(model().getAdaptersList()).containsExactly(loaded);
    assertThat(folder.resolve("owl.v1").resolve(WEIGHTS)).hasBinaryContent(weights());
    assertThat(folder.resolve(".uploads")).isEmptyDirectory();
  }

  @Test
  void aTemporaryAdapterIsUsedAndNotKept() throws Exception {
    List<UploadAdapterRequest> requests = new ArrayList<>(adapter("owl", weights()));
    requests.set(
        0,
        UploadAdapterRequest.newBuilder()
            .setHeader(AdapterHeader.newBuilder().setName("owl").setTemporary(true))
            .build());

    Adapter loaded = send(requests);

    assertThat(model().getAdaptersList()).containsExactly(loaded);
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void anotherVersionTakesItsPlace() throws Exception {
    send(adapter("owl", weights()));
    Adapter second = send(adapter("owl", weights()));

    assertThat(model().getAdaptersList()).containsExactly(second);
    assertThat(folder.resolve(".uploads")).isEmptyDirectory();
  }

  @Test
  void aBrokenFileLeavesTheOldVersionInPlace() throws Exception {
    Adapter first = send(adapter("owl", weights()));
    byte[] cut = java.util.Arrays.copyOf(weights(), weights().length / 2);

    assertThatThrownBy(() -> send(adapter("owl", cut)))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageStartingWith("FAILED_PRECONDITION");

    assertThat(model().getAdaptersList()).containsExactly(first);
    assertThat(folder.resolve("owl").resolve(WEIGHTS)).hasBinaryContent(weights());
    assertThat(folder.resolve(".uploads")).isEmptyDirectory();
  }

  @Test
  void weightsThatGiveNoNumbersAreRefusedAndTakeNothingFromOthers() throws Exception {
    Adapter first = send(adapter("owl", weights()));
    for (float value : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      assertThatThrownBy(() -> send(adapter("owl", filled(value))))
          .isInstanceOf(StatusRuntimeException.class)
          .hasMessageContaining("every number must be finite");
    }
    // Numbers, but what they give is none.
    assertThatThrownBy(() -> send(adapter("owl", filled(3e38f))))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageStartingWith("FAILED_PRECONDITION: adapter: with 'owl', the logits hold");

    assertThat(model().getAdaptersList()).containsExactly(first);
    assertThat(folder.resolve("owl").resolve(WEIGHTS)).hasBinaryContent(weights());
    assertThat(folder.resolve(".uploads")).isEmptyDirectory();
  }

  /** The adapter's file with one value in all places. */
  private static byte[] filled(float value) throws IOException {
    byte[] weights = weights();
    ByteBuffer bytes = ByteBuffer.wrap(weights).order(ByteOrder.LITTLE_ENDIAN);
    String header = new String(weights, 8, (int) bytes.getLong(0), StandardCharsets.UTF_8);
    assertThat(header).contains("F32").doesNotContain("F16");
    for (int at = 8 + header.length(); at < weights.length; at += Float.BYTES) {
      bytes.putFloat(at, value);
    }
    return weights;
  }

  @Test
  void namesAndFilesThatLeadElsewhereAreRefused() {
    assertThatThrownBy(() -> send(List.of(name("../owl"))))
        .hasMessageContaining("name: an adapter's name is 1 to 64 letters");
    assertThatThrownBy(
            () -> send(Stream.concat(Stream.of(name("owl")), file("../x", new byte[1])).toList()))
        .hasMessageContaining("chunk.file: is none of [adapter_config.json");
    assertThatThrownBy(() -> send(file(CONFIG, new byte[1]).toList()))
        .hasMessageContaining("header: is missing");
    assertThat(folder.resolve(".uploads"))
        .satisfiesAnyOf(
            uploads -> assertThat(uploads).doesNotExist(),
            uploads -> assertThat(uploads).isEmptyDirectory());
  }

  @Test
  void moreThanThereIsRoomForIsRefusedWhileItComes() {
    assertThatThrownBy(() ->
            send(
                Stream.concat(Stream.of(name("owl")), file(WEIGHTS, new byte[(1 << 20) + 1000]))
                    .toList()))
        .hasMessageContaining("the limit is 1048576");
  }

  @Test
  void modelsAreListedWithTheirLimits() {
    Model model = model();

    assertThat(model.getName()).isEqualTo("safetensors");
    assertThat(model.getLimits().getMaxSequences()).isEqualTo(2);
    assertThat(model.getLimits().getQueue()).isEqualTo(4);
    assertThat(model.getLimits().getAdapterBytes()).isEqualTo(1 << 20);
    assertThat(model.getLimits().getCachePositions()).isPositive();
    assertThat(model.getDescription().getContext()).isPositive();
    assertThat(model.getAdaptersList()).isEmpty();
  }
}
