// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import com.google.protobuf.ByteString;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.owlmesh.bench.StubCache.StubPrompt;
import io.owlmesh.client.Address;
import io.owlmesh.model.text.ChatTemplates;
import io.owlmesh.proto.llm.v1.FinishReason;
import io.owlmesh.proto.llm.v1.Finished;
import io.owlmesh.proto.llm.v1.GenerateRequest;
import io.owlmesh.proto.llm.v1.GenerateResponse;
import io.owlmesh.proto.llm.v1.GenerationOptions;
import io.owlmesh.proto.llm.v1.LanguageModelGrpc;
import io.owlmesh.proto.llm.v1.ListModelsRequest;
import io.owlmesh.proto.llm.v1.ListModelsResponse;
import io.owlmesh.proto.llm.v1.Model;
import io.owlmesh.proto.llm.v1.PromptPart;
import io.owlmesh.proto.llm.v1.Token;
import io.owlmesh.proto.llm.v1.Usage;
import io.owlmesh.proto.stage.v1.AdapterVersions;
import io.owlmesh.proto.stage.v1.Load;
import io.owlmesh.proto.stage.v1.PrefixChain;
import io.owlmesh.proto.stage.v1.ReplicaState;
import io.owlmesh.proto.stage.v1.WatchRequest;
import io.owlmesh.proto.stage.v1.WatchResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A replica of a language model of known cost that computes nothing: it reads one prompt at a time,
 * keeps beginnings of prompts, writes at a pace, and tells all that of itself. The first token's
 * text is the microseconds that it took since the prompt was whole.
 */
final class StubLanguageModel extends LanguageModelGrpc.LanguageModelImplBase
    implements AutoCloseable {
  /** Positions of a picture. */
  static final int VISUAL_TOKENS = 64;

  private static final Pattern NAME = Pattern.compile("#\\d{7}");
  private static final int CONTEXT = 4096;
  private static final int REPORT_MILLIS = 50;
  private static final int MAX_IN_REPORT = 1_000;

  /**
   * What it takes.
   *
   * @param readRate positions of prompts a second; 0 for no time
   * @param pace from token to token
   * @param answers that it writes at a time; more wait
   * @param cachePositions that its cache holds
   */
  record Cost(int readRate, Duration pace, int answers, int cachePositions) {}

  private final Cost cost;
  private final String instance = UUID.randomUUID().toString();
  private final StubCache cache;
  private final Semaphore places;
  private final Semaphore reader = new Semaphore(1, true);
  private final AtomicInteger running = new AtomicInteger();
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicLong unread = new AtomicLong();
  private final Set<String> met = ConcurrentHashMap.newKeySet();
  private final Server server;
  private volatile boolean hung;

  /** Listens on a free port. */
  StubLanguageModel(Cost cost) throws IOException {
    this.cost = cost;
    this.cache = new StubCache(cost.cachePositions());
    this.places = new Semaphore(cost.answers(), true);
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .directExecutor()
            .addService(this)
            .build()
            .start();
  }

  Address address() {
    return new Address("127.0.0.1", server.getPort());
  }

  /** Says nothing any more, to anybody, and ends no call. */
  void hang() {
    hung = true;
  }

  /** Names, as {@link MeshLoad} gives them, in prompts that it did not answer to the end. */
  Set<String> kept() {
    return met.stream()
        .flatMap(prompt -> NAME.matcher(prompt).results())
        .map(MatchResult::group)
        .collect(Collectors.toSet());
  }

  @Override
  public void close() {
    server.shutdownNow();
  }

  @Override
  public void listModels(ListModelsRequest request, StreamObserver<ListModelsResponse> response) {
    if (hung) {
      return;
    }
    var description =
        io.owlmesh.proto.llm.v1.DescribeResponse.newBuilder()
            .setContext(CONTEXT)
            .setVisualTokens(VISUAL_TOKENS)
            .setChatTemplate(ChatTemplates.names().getFirst());
    response.onNext(
        ListModelsResponse.newBuilder()
            .addModels(Model.newBuilder().setName("stub").setDescription(description))
            .build());
    response.onCompleted();
  }

  @Override
  public void watch(WatchRequest request, StreamObserver<WatchResponse> responses) {
    var out = (ServerCallStreamObserver<WatchResponse>) responses;
    out.setOnCancelHandler(() -> {});
    Thread.startVirtualThread(() -> report(out));
  }

  private void report(ServerCallStreamObserver<WatchResponse> out) {
    Map<ByteString, Integer> told = new HashMap<>();
    boolean first = true;
    try {
      while (!out.isCancelled()) {
        if (!hung) {
          WatchResponse.Builder report = changes(told).setSnapshot(first).setInstance(instance);
          if (first) {
            report.setAdapters(AdapterVersions.getDefaultInstance());
          }
          out.onNext(report.build());
          first = false;
        }
        TimeUnit.MILLISECONDS.sleep(REPORT_MILLIS);
      }
    } catch (InterruptedException | RuntimeException ended) {
      // Whoever watched is gone.
    }
  }

  private WatchResponse.Builder changes(Map<ByteString, Integer> told) {
    WatchResponse.Builder report =
        WatchResponse.newBuilder()
            .setState(ReplicaState.REPLICA_STATE_SERVING)
            .setLoad(
                Load.newBuilder()
                    .setRunning(running.get())
                    .setWaiting(waiting.get())
                    .setWaitingPositions(Math.max(unread.get(), 0))
                    .setMaxRunning(cost.answers())
                    .setPrefillRate(cost.readRate()));
    Map<ByteString, Integer> now = cache.chains();
    told.keySet()
        .removeIf(name -> {
          boolean lost = !now.containsKey(name);
          if (lost) {
            report.addChainsLost(name);
          }
          return lost;
        });
    now.entrySet().stream()
        .filter(one -> !one.getValue().equals(told.get(one.getKey())))
        .limit(MAX_IN_REPORT)
        .forEach(one -> {
          told.put(one.getKey(), one.getValue());
          report.addChainsGained(
              PrefixChain.newBuilder().setName(one.getKey()).setPositions(one.getValue()));
        });
    return report;
  }

  @Override
  public StreamObserver<GenerateRequest> generate(StreamObserver<GenerateResponse> responses) {
    var out = (ServerCallStreamObserver<GenerateResponse>) responses;
    out.setOnCancelHandler(() -> {});
    return new StreamObserver<>() {
      private final Map<ByteString, Integer> ends = new LinkedHashMap<>();
      private ByteString prompt = ByteString.EMPTY;

      @Override
      public void onNext(GenerateRequest request) {
        if (request.hasPart()) {
          prompt = prompt.concat(bytes(request.getPart()));
          ends.put(request.getPart().getChain(), prompt.size());
        } else {
          long asked = System.nanoTime();
          StubPrompt whole = new StubPrompt(prompt, Map.copyOf(ends));
          GenerationOptions options = request.getOptions();
          Thread.startVirtualThread(() -> answer(whole, options, asked, out));
        }
      }

      @Override
      public void onError(Throwable gone) {}

      @Override
      public void onCompleted() {}
    };
  }

  /** Of a picture its name, as often as it has positions. */
  private static ByteString bytes(PromptPart part) {
    if (part.hasText()) {
      return part.getTextBytes();
    }
    if (part.hasMark()) {
      return ByteString.copyFromUtf8(part.getMark());
    }
    ByteString name = part.hasHeldImage() ? part.getHeldImage() : part.getImageKey();
    ByteString whole = ByteString.EMPTY;
    while (whole.size() < 4 * VISUAL_TOKENS) {
      whole = whole.concat(name);
    }
    return whole.substring(0, 4 * VISUAL_TOKENS);
  }

  private void answer(
      StubPrompt prompt,
      GenerationOptions options,
      long asked,
      ServerCallStreamObserver<GenerateResponse> out) {
    String text = prompt.bytes().toStringUtf8();
    met.add(text);
    waiting.incrementAndGet();
    int ahead = prompt.positions() - cache.known(prompt);
    unread.addAndGet(ahead);
    try {
      places.acquire();
    } catch (InterruptedException ended) {
      return;
    }
    waiting.decrementAndGet();
    running.incrementAndGet();
    try {
      int cached = read(prompt, ahead);
      write(prompt, options, cached, asked, out);
    } catch (InterruptedException | RuntimeException ended) {
      // Whoever asked is gone.
    } finally {
      running.decrementAndGet();
      places.release();
      if (!hung) {
        met.remove(text);
      }
    }
  }

  private int read(StubPrompt prompt, int ahead) throws InterruptedException {
    reader.acquire();
    try {
      int cached = cache.read(prompt);
      if (cost.readRate() > 0) {
        TimeUnit.NANOSECONDS.sleep(
            (prompt.positions() - cached) * 1_000_000_000L / cost.readRate());
      }
      return cached;
    } finally {
      unread.addAndGet(-ahead);
      reader.release();
    }
  }

  private void write(
      StubPrompt prompt,
      GenerationOptions options,
      int cached,
      long asked,
      ServerCallStreamObserver<GenerateResponse> out)
      throws InterruptedException {
    int written = options.getResumedTokensCount();
    while (written < options.getMaxNewTokens()) {
      awaitSpeech(out);
      String said = written == 0 ? Long.toString((System.nanoTime() - asked) / 1_000) : " word";
      out.onNext(
          GenerateResponse.newBuilder()
              .setToken(Token.newBuilder().setId(written).setText(said))
              .build());
      written++;
      TimeUnit.NANOSECONDS.sleep(cost.pace().toNanos());
    }
    awaitSpeech(out);
    out.onNext(
        GenerateResponse.newBuilder()
            .setFinished(
                Finished.newBuilder()
                    .setReason(FinishReason.FINISH_REASON_LENGTH)
                    .setUsage(
                        Usage.newBuilder()
                            .setPromptTokens(prompt.positions())
                            .setCachedPromptTokens(cached)
                            .setCompletionTokens(written)))
            .build());
    out.onCompleted();
  }

  private void awaitSpeech(ServerCallStreamObserver<?> out) throws InterruptedException {
    while (hung && !out.isCancelled()) {
      TimeUnit.MILLISECONDS.sleep(REPORT_MILLIS);
    }
    if (out.isCancelled()) {
      throw new InterruptedException("cancelled");
    }
  }
}
