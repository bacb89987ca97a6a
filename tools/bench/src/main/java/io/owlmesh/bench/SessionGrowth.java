// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import io.owlmesh.bench.Growth.Line;
import io.owlmesh.bench.Growth.Point;
import io.owlmesh.client.Address;
import io.owlmesh.client.Connection;
import io.owlmesh.core.FileTree;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.proto.chat.v1.ChatGrpc;
import io.owlmesh.proto.chat.v1.GetSessionRequest;
import io.owlmesh.proto.chat.v1.ListSessionsRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * How long an orchestrator of its own takes to list, open and go on with a conversation, by the
 * number that it keeps. Its language model computes nothing.
 */
final class SessionGrowth {
  private static final int CALLS = 300;
  private static final int KNOWN = 1_000;
  private static final int ANSWERS = 64;

  private final Path home;
  private final List<Integer> sizes;
  private final Consumer<String> told;
  private final Map<String, List<Line>> lines = new HashMap<>();

  SessionGrowth(Path home, List<Integer> sizes, Consumer<String> told) {
    this.home = home;
    this.sizes = sizes.stream().sorted().toList();
    this.told = told;
  }

  /**
   * Measures.
   *
   * @param postgres JDBC URL of an empty database
   */
  List<Growth> run(Optional<String> postgres)
      throws IOException, MeshException, InterruptedException {
    Path data = Files.createTempDirectory("owl-growth");
    try {
      if (postgres.isPresent()) {
        new SessionFill(postgres.get()).requireEmpty();
      }
      measure("H2", "jdbc:h2:file:" + data.resolve("sessions"), data);
      if (postgres.isPresent()) {
        measure("PostgreSQL", postgres.get(), data);
      }
    } catch (SQLException failed) {
      throw new MeshException("The database failed: " + failed.getMessage());
    } finally {
      FileTree.delete(data);
    }
    return Stream.of("list 50 conversations", "open one", "go on with one")
        .map(what -> new Growth(what, "conversations", "ms", lines.getOrDefault(what, List.of())))
        .toList();
  }

  private void measure(String name, String url, Path data)
      throws IOException, MeshException, InterruptedException, SQLException {
    Map<String, String> settings = new HashMap<>();
    settings.put("OWL_DATA", data.toString());
    settings.put("OWL_DATABASE", url);
    settings.put("OWL_SLOW_START", "0S");
    List<Point> list = new ArrayList<>();
    List<Point> open = new ArrayList<>();
    List<Point> send = new ArrayList<>();
    try (StubStages pictures = new StubStages(Duration.ofMillis(1));
        StubLanguageModel model =
            new StubLanguageModel(
                new StubLanguageModel.Cost(0, Duration.ofMillis(1), ANSWERS, 1 << 20))) {
      settings.put("OWL_LLM", model.address().toString());
      Address stages = new Address("127.0.0.1", pictures.port());
      LoneOrchestrator.start(home, stages, ANSWERS, settings).close(); // Makes the tables.
      int filled = 0;
      for (int size : sizes) {
        new SessionFill(url).add(filled, size);
        filled = size;
        try (LoneOrchestrator door = LoneOrchestrator.start(home, stages, ANSWERS, settings);
            Connection connection = new Connection(door.address());
            MeshLoad load = new MeshLoad(door.address())) {
          ChatGrpc.ChatBlockingStub calls = ChatGrpc.newBlockingStub(connection.channel());
          List<String> some = some(size);
          var page = ListSessionsRequest.newBuilder().setPageSize(50).build();
          list.add(new Point(size, median(_ -> calls.listSessions(page))));
          open.add(
              new Point(
                  size,
                  median(i ->
                      calls.getSession(
                          GetSessionRequest.newBuilder()
                              .setSessionId(some.get(i % some.size()))
                              .build()))));
          MeshLoad.Result turns = load.turns(some, CALLS);
          if (!turns.errors().isEmpty()) {
            throw new MeshException("A turn failed: " + turns.errors().getFirst());
          }
          send.add(
              new Point(
                  size,
                  Distribution.of(turns.requests(), MeshLoad.Request::totalMillis)
                      .percentile(0.5)));
        }
        told.accept("conversations in %s: %,d".formatted(name, size));
      }
    }
    add("list 50 conversations", name, list);
    add("open one", name, open);
    add("go on with one", name, send);
  }

  private void add(String what, String name, List<Point> points) {
    lines.computeIfAbsent(what, _ -> new ArrayList<>()).add(new Line(name, points));
  }

  /** Of all ages. */
  private static List<String> some(int size) {
    Random random = new Random(size);
    return Stream.generate(() -> SessionFill.session(random.nextInt(size))).limit(KNOWN).toList();
  }

  /** One call by its number. */
  @FunctionalInterface
  private interface Call {
    Object make(int number);
  }

  /** Milliseconds, of calls after as many to warm up. */
  private static double median(Call call) {
    List<Double> times = new ArrayList<>();
    for (int i = 0; i < 2 * CALLS; i++) {
      long begin = System.nanoTime();
      Object _ = call.make(i);
      if (i >= CALLS) {
        times.add((System.nanoTime() - begin) / 1e6);
      }
    }
    return EngineGrowth.median(times);
  }
}
