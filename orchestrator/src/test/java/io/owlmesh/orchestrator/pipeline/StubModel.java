// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import com.google.protobuf.ByteString;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.llm.v1.Adapter;
import io.owlmesh.proto.llm.v1.DescribeResponse;
import io.owlmesh.proto.llm.v1.FinishReason;
import io.owlmesh.proto.llm.v1.Finished;
import io.owlmesh.proto.llm.v1.GenerateRequest;
import io.owlmesh.proto.llm.v1.GenerateResponse;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import io.owlmesh.proto.llm.v1.Limits;
import io.owlmesh.proto.llm.v1.ListModelsRequest;
import io.owlmesh.proto.llm.v1.ListModelsResponse;
import io.owlmesh.proto.llm.v1.Model;
import io.owlmesh.proto.llm.v1.PromptAccepted;
import io.owlmesh.proto.llm.v1.PromptPart;
import io.owlmesh.proto.llm.v1.Token;
import io.owlmesh.proto.llm.v1.Usage;
import io.owlmesh.proto.stage.v1.Load;
import io.owlmesh.proto.stage.v1.ReplicaState;
import io.owlmesh.proto.stage.v1.WatchRequest;
import io.owlmesh.proto.stage.v1.WatchResponse;
import io.owlmesh.wire.Faults;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A replica of the language model whose words follow from prompt, seed and place; fails, goes
 * silent and drains when told to.
 */
final class StubModel implements AutoCloseable {
  static final int TOKENS = 12;

  final String address;
  final List<PromptPart> parts = new CopyOnWriteArrayList<>();
  final List<GenerationOptions> options = new CopyOnWriteArrayList<>();

  /** When it was asked first, as {@link System#nanoTime} tells it. */
  volatile long askedAt = Long.MAX_VALUE;

  /** Statuses with which the next questions are answered. */
  final Queue<Throwable> refusals = new ConcurrentLinkedQueue<>();

  /** Runs before each token, with its place; an exception ends the call with its status. */
  volatile IntConsumer beforeToken = _ -> {};

  /** Runs before the end is told. */
  volatile Runnable beforeEnd = () -> {};

  /** Runs when the end was told, before the call is over. */
  volatile Runnable afterEnd = () -> {};

  private final Map<ByteString, String> held = new ConcurrentHashMap<>();
  private final List<StreamObserver<WatchResponse>> watchers = new CopyOnWriteArrayList<>();
  private final String language;
  private final Server server;
  private volatile WatchResponse told;

  StubModel(String name, String language) throws IOException {
    this.language = language;
    this.address = "inprocess:" + name;
    told =
        WatchResponse.newBuilder()
            .setSnapshot(true)
            .setInstance(name)
            .setState(ReplicaState.REPLICA_STATE_SERVING)
            .setLoad(Load.newBuilder().setPrefillRate(1_000))
            .build();
    server = InProcessServerBuilder.forName(name).addService(new Service()).build().start();
  }

  /** What it is asked to write, without any of this. */
  static String word(String prompt, long seed, int place) {
    return " " + Math.floorMod((prompt + "#" + seed + "#" + place).hashCode(), 1_000);
  }

  /** Tells this of itself from now on. */
  void tell(WatchResponse report) {
    told = report;
    watchers.forEach(watcher -> watcher.onNext(report));
  }

  WatchResponse.Builder report() {
    return told.toBuilder();
  }

  /** Forgets the pictures that it keeps, and tells nobody. */
  void forgetPictures() {
    held.clear();
  }

  /** Names of the pictures that it keeps. */
  List<ByteString> pictures() {
    return List.copyOf(held.keySet());
  }

  /** Ends without a word. */
  void kill() {
    server.shutdownNow();
  }

  @Override
  public void close() {
    server.shutdownNow();
  }

  private final class Service extends LanguageModelGrpc.LanguageModelImplBase {
    @Override
    public void listModels(ListModelsRequest request, StreamObserver<ListModelsResponse> out) {
      out.onNext(
          ListModelsResponse.newBuilder()
              .addModels(
                  Model.newBuilder()
                      .setName("stub")
                      .setDescription(
                          DescribeResponse.newBuilder()
                              .setVisionDigest("V")
                              .setAbstractorDigest("A")
                              .setLanguageDigest(language)
                              .setContext(400)
                              .setVisualTokens(10)
                              .setChatTemplate("mplug-owl"))
                      .setLimits(Limits.newBuilder().setDefaultNewTokens(100))
                      .addAdapters(Adapter.newBuilder().setName("polite").setDigest("P")))
              .build());
      out.onCompleted();
    }

    @Override
    public void watch(WatchRequest request, StreamObserver<WatchResponse> out) {
      ((ServerCallStreamObserver<WatchResponse>) out)
          .setOnCancelHandler(() -> watchers.remove(out));
      watchers.add(out);
      out.onNext(told);
    }

    @Override
    public StreamObserver<GenerateRequest> generate(StreamObserver<GenerateResponse> out) {
      ((ServerCallStreamObserver<GenerateResponse>) out).setOnCancelHandler(() -> {});
      return new Call(out);
    }
  }

  private final class Call implements StreamObserver<GenerateRequest> {
    private final StreamObserver<GenerateResponse> out;
    private final StringBuilder prompt = new StringBuilder();
    private Optional<OwlException> wrong = Optional.empty();

    Call(StreamObserver<GenerateResponse> out) {
      this.out = out;
    }

    @Override
    public void onNext(GenerateRequest request) {
      if (request.hasOptions()) {
        askedAt = Math.min(askedAt, System.nanoTime());
        options.add(request.getOptions());
        Thread.startVirtualThread(() -> answer(request.getOptions()));
        return;
      }
      PromptPart part = request.getPart();
      parts.add(part);
      switch (part.getPartCase()) {
        case TEXT -> prompt.append(part.getText());
        case MARK -> prompt.append(part.getMark());
        case VISUAL_TOKENS -> {
          String image = part.getVisualTokens().getData().toStringUtf8();
          prompt.append('[').append(image).append(']');
          held.put(part.getImageKey(), image);
        }
        case HELD_IMAGE -> {
          @Nullable String image = held.get(part.getHeldImage());
          if (image == null) {
            wrong = Optional.of(new OwlException(Fault.CONFLICT, "held_image", "is not kept"));
          }
          prompt.append('[').append(image).append(']');
        }
        case PART_NOT_SET -> {}
      }
    }

    private void answer(GenerationOptions how) {
      Throwable refusal = refusals.poll();
      try {
        if (refusal != null) {
          out.onError(refusal);
        } else if (wrong.isPresent()) {
          out.onError(Faults.toStatus(wrong.get()));
        } else {
          write(how);
        }
      } catch (RuntimeException e) {
        out.onError(Status.fromThrowable(e).asRuntimeException());
      }
    }

    private void write(GenerationOptions how) {
      out.onNext(
          GenerateResponse.newBuilder()
              .setAccepted(PromptAccepted.newBuilder().setPromptTokens(50))
              .build());
      int answers = Math.max(how.getN(), 1);
      for (int i = how.getResumedTokensCount(); i < TOKENS; i++) {
        beforeToken.accept(i);
        for (int answer = 0; answer < answers; answer++) {
          String word = word(prompt.toString(), how.getSeed() + answer, i);
          out.onNext(
              GenerateResponse.newBuilder()
                  .setToken(
                      Token.newBuilder()
                          .setId(Integer.parseInt(word.trim()))
                          .setText(word)
                          .setBytes(ByteString.copyFrom(word, StandardCharsets.UTF_8))
                          .setAnswer(answer))
                  .build());
        }
      }
      beforeEnd.run();
      for (int answer = 0; answer < answers; answer++) {
        out.onNext(
            GenerateResponse.newBuilder()
                .setFinished(
                    Finished.newBuilder()
                        .setReason(FinishReason.FINISH_REASON_STOP)
                        .setAnswer(answer)
                        .setUsage(
                            Usage.newBuilder().setPromptTokens(50).setCompletionTokens(TOKENS)))
                .build());
      }
      afterEnd.run();
      out.onCompleted();
    }

    @Override
    public void onError(Throwable cancelled) {}

    @Override
    public void onCompleted() {}
  }
}
