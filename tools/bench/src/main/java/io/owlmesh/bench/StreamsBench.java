// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import io.grpc.stub.StreamObserver;
import io.owlmesh.client.Address;
import io.owlmesh.client.Connection;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.proto.chat.v1.AnswerOptions;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.proto.chat.v1.CreateSessionRequest;
import io.owlmesh.proto.chat.v1.NewMessage;
import io.owlmesh.proto.chat.v1.SendMessageRequest;
import io.owlmesh.proto.chat.v1.SendMessageResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Measures one orchestrator with many answers open at a time, and nothing else to wait for. */
public final class StreamsBench {
  private static final Duration PACE = Duration.ofMillis(100);
  private static final int CONNECTIONS = 8;
  private static final long PATIENCE_SECONDS = 120;

  private final Path home;
  private final int streams;
  private final int tokens;

  /**
   * @param home the root of the checkout, where the built orchestrator lies
   * @param seconds each answer takes
   */
  public StreamsBench(Path home, int streams, int seconds) {
    this.home = home;
    this.streams = streams;
    this.tokens = (int) (Duration.ofSeconds(seconds).toMillis() / PACE.toMillis());
  }

  /** Measures; takes as long as the answers and some seconds more. */
  public OrchestratorReport run() throws IOException, MeshException, InterruptedException {
    List<Connection> connections = new ArrayList<>();
    try (StubStages stub = new StubStages(PACE);
        LoneOrchestrator orchestrator =
            LoneOrchestrator.start(home, new Address("127.0.0.1", stub.port()), streams + 64)) {
      for (int i = 0; i < CONNECTIONS; i++) {
        connections.add(new Connection(orchestrator.address()));
      }
      warmUp(connections);
      return measure(orchestrator, connections);
    } finally {
      connections.forEach(Connection::close);
    }
  }

  /** Compiles what the streams will run through. */
  private static void warmUp(List<Connection> connections) {
    for (int round = 0; round < 3; round++) {
      List<Hearing> few = open(connections, 50, 10);
      few.forEach(hearing -> hearing.end.exceptionally(failure -> Optional.empty()).join());
    }
  }

  private OrchestratorReport measure(LoneOrchestrator orchestrator, List<Connection> connections)
      throws InterruptedException {
    long before = orchestrator.memoryMib();
    Duration cpu = orchestrator.cpu();
    Duration ours = ownCpu();
    long begin = System.nanoTime();
    List<Hearing> all = open(connections, streams, tokens);
    CompletableFuture<Void> end =
        CompletableFuture.allOf(all.stream().map(h -> h.end).toArray(CompletableFuture[]::new));
    long peak = before;
    long limit = begin + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS) + tokens * PACE.toNanos();
    while (!ended(end) && System.nanoTime() < limit) {
      peak = Math.max(peak, orchestrator.memoryMib());
    }
    double seconds = (System.nanoTime() - begin) / 1e9;
    List<Figure> figures =
        List.of(
            new Figure("memory before", before, "MiB", ""),
            new Figure("memory at most", peak, "MiB", kibEach(peak - before)),
            new Figure(
                "processor time of the orchestrator",
                seconds(orchestrator.cpu().minus(cpu)) / seconds,
                "cores",
                "over %.0f s".formatted(seconds)),
            new Figure(
                "processor time of callers and stub",
                seconds(ownCpu().minus(ours)) / seconds,
                "cores",
                ""));
    return report(all, figures);
  }

  private String kibEach(long mib) {
    return "%d KiB a stream".formatted(mib * 1024 / streams);
  }

  private static double seconds(Duration time) {
    return time.toNanos() / 1e9;
  }

  private static Duration ownCpu() {
    return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
  }

  private static boolean ended(CompletableFuture<Void> end) throws InterruptedException {
    try {
      var _ = end.exceptionally(failure -> null).get(1, TimeUnit.SECONDS);
      return end.isDone();
    } catch (TimeoutException notYet) {
      return false;
    } catch (java.util.concurrent.ExecutionException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static List<Hearing> open(List<Connection> connections, int count, int tokens) {
    AnswerOptions options = AnswerOptions.newBuilder().setMaxNewTokens(tokens).build();
    List<String> sessions =
        IntStream.range(0, count)
            .mapToObj(i ->
                ChatGrpc.newBlockingStub(at(connections, i).channel())
                    .createSession(CreateSessionRequest.getDefaultInstance())
                    .getSession()
                    .getId())
            .toList();
    List<Hearing> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Hearing hearing = new Hearing(tokens);
      ChatGrpc.newStub(at(connections, i).channel())
          .sendMessage(
              SendMessageRequest.newBuilder()
                  .setSessionId(sessions.get(i))
                  .setSay(NewMessage.newBuilder().setText("Stream " + i))
                  .setOptions(options)
                  .build(),
              hearing);
      all.add(hearing);
    }
    return all;
  }

  private static Connection at(List<Connection> connections, int number) {
    return connections.get(number % connections.size());
  }

  private OrchestratorReport report(List<Hearing> all, List<Figure> figures) {
    List<Spread> times =
        List.of(
            spread("until a turn is accepted", all.stream().flatMap(Hearing::accepting)),
            spread("from token to token, at the caller", all.stream().flatMap(Hearing::gaps)),
            spread("from token to token, at the stub", all.stream().flatMap(Hearing::sentGaps)),
            spread("a token on its way", all.stream().flatMap(Hearing::ways)));
    List<String> errors = all.stream().flatMap(hearing -> hearing.error().stream()).toList();
    String what =
        "%d answers at a time of %d tokens, %d tokens a second together, stages that compute nothing"
            .formatted(streams, tokens, streams * 1000L / PACE.toMillis());
    return new OrchestratorReport(what, times, figures, errors);
  }

  private static Spread spread(String what, Stream<Double> millis) {
    return Spread.of(what, Distribution.of(millis.toList(), value -> value));
  }

  /** One caller. */
  private static final class Hearing implements StreamObserver<SendMessageResponse> {
    private final CompletableFuture<Optional<String>> end = new CompletableFuture<>();
    private final long begin = System.nanoTime();
    private final long[] sent;
    private final long[] came;
    private volatile long accepted;
    private volatile int count;

    Hearing(int tokens) {
      sent = new long[tokens];
      came = new long[tokens];
    }

    @Override
    public void onNext(SendMessageResponse event) {
      switch (event.getEventCase()) {
        case ACCEPTED -> accepted = System.nanoTime();
        case TEXT -> {
          int next = count;
          came[next] = System.nanoTime();
          sent[next] = Long.parseLong(event.getText().getText());
          count = next + 1;
        }
        case STAGE, MOVED, DONE, EVENT_NOT_SET -> {}
      }
    }

    @Override
    public void onError(Throwable failure) {
      end.complete(Optional.of(String.valueOf(failure.getMessage())));
    }

    @Override
    public void onCompleted() {
      end.complete(
          count == came.length
              ? Optional.empty()
              : Optional.of("%d tokens of %d".formatted(count, came.length)));
    }

    /** Why it is no whole answer, if it is none. */
    Optional<String> error() {
      return end.getNow(Optional.of("the answer has not ended in time"));
    }

    Stream<Double> accepting() {
      return accepted == 0 ? Stream.empty() : Stream.of((accepted - begin) / 1e6);
    }

    Stream<Double> gaps() {
      return IntStream.range(1, count).mapToObj(i -> (came[i] - came[i - 1]) / 1e6);
    }

    Stream<Double> sentGaps() {
      return IntStream.range(1, count).mapToObj(i -> (sent[i] - sent[i - 1]) / 1e6);
    }

    Stream<Double> ways() {
      return IntStream.range(0, count).mapToObj(i -> (came[i] - sent[i]) / 1e6);
    }
  }
}
