// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import io.owlmesh.bench.StubLanguageModel.Cost;
import io.owlmesh.client.Address;
import io.owlmesh.launcher.MeshException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Measures what an orchestrator makes of many language models of known cost: throughput, what it
 * adds itself, how often a beginning is found in a cache, and what a replica that hangs does to the
 * requests of the others.
 */
public final class MeshBench {
  /** What can be measured alone. */
  public enum Part {
    /** Of 1, 2, 4 and 8 replicas. */
    THROUGHPUT,
    /** What the orchestrator adds to a first token. */
    SHARE,
    /** Hits of caches, by the way of placement. */
    PLACEMENT,
    /** One replica that hangs. */
    HANG
  }

  private static final int MAX_ANSWERS = 1_024;
  private static final int WARM_UP_SECONDS = 4;

  private final Path home;
  private final int seconds;
  private final int sessions;
  private final Set<Part> parts;
  private final List<Spread> times = new ArrayList<>();
  private final List<Figure> figures = new ArrayList<>();
  private final List<String> errors = new ArrayList<>();

  /**
   * @param home the root of the checkout, where the built orchestrator lies
   * @param seconds of each load
   * @param sessions that exist when the orchestrator's own share is measured
   * @param parts that are measured
   */
  public MeshBench(Path home, int seconds, int sessions, Set<Part> parts) {
    this.home = home;
    this.seconds = seconds;
    this.sessions = sessions;
    this.parts = Set.copyOf(parts);
  }

  /** Measures; all parts take some minutes. */
  public OrchestratorReport run() throws IOException, MeshException, InterruptedException {
    for (Part part : Part.values()) {
      if (parts.contains(part)) {
        switch (part) {
          case THROUGHPUT -> throughput();
          case SHARE -> share();
          case PLACEMENT -> placements();
          case HANG -> hang();
        }
      }
    }
    String what =
        "One orchestrator, language models of known cost that compute nothing, %d s a load"
            .formatted(seconds);
    return new OrchestratorReport(what, times, figures, errors);
  }

  /** Replicas, and vision and abstractor that take no time. */
  private static final class Stubs implements AutoCloseable {
    private final List<StubLanguageModel> models = new ArrayList<>();
    private final StubStages pictures = new StubStages(Duration.ofMillis(1));

    Stubs(int count, Cost cost) throws IOException {
      for (int i = 0; i < count; i++) {
        models.add(new StubLanguageModel(cost));
      }
    }

    String addresses(int first) {
      return models.stream()
          .limit(first)
          .map(one -> one.address().toString())
          .collect(Collectors.joining(","));
    }

    @Override
    public void close() {
      models.forEach(StubLanguageModel::close);
      pictures.close();
    }
  }

  private LoneOrchestrator orchestrator(Stubs stubs, int replicas, Map<String, String> more)
      throws IOException, MeshException, InterruptedException {
    Map<String, String> settings = new java.util.HashMap<>(more);
    settings.put("OWL_LLM", stubs.addresses(replicas));
    settings.put("OWL_SLOW_START", "0S");
    Address pictures = new Address("127.0.0.1", stubs.pictures.port());
    return LoneOrchestrator.start(home, pictures, MAX_ANSWERS, settings);
  }

  /** Twice as many callers as places, so that none is ever free. */
  private void throughput() throws IOException, MeshException, InterruptedException {
    Cost cost = new Cost(2_000, Duration.ofMillis(40), 4, 64 << 10);
    double one = 0;
    for (int replicas : List.of(1, 2, 4, 8)) {
      try (Stubs stubs = new Stubs(replicas, cost);
          LoneOrchestrator door = orchestrator(stubs, replicas, Map.of());
          MeshLoad load = new MeshLoad(door.address())) {
        load.answers(8 * replicas, 16, Duration.ofSeconds(WARM_UP_SECONDS));
        Duration cpu = door.cpu();
        MeshLoad.Result result = load.answers(8 * replicas, 16, Duration.ofSeconds(seconds));
        double rate = load.tokens() / (double) seconds;
        one = replicas == 1 ? rate : one;
        errors.addAll(result.errors());
        figures.add(
            new Figure(
                "tokens a second, %d replica(s)".formatted(replicas),
                rate,
                "1/s",
                "%.1f %% of linear, orchestrator %.2f cores"
                    .formatted(
                        100 * rate / (one * replicas),
                        door.cpu().minus(cpu).toMillis() / 1e3 / seconds)));
      }
    }
  }

  private void share() throws IOException, MeshException, InterruptedException {
    // The fastest model there is; what the orchestrator does beside it takes the caller no time.
    Cost cost = new Cost(4_000, Duration.ofMillis(1), 64, 1 << 20);
    try (Stubs stubs = new Stubs(8, cost);
        LoneOrchestrator door = orchestrator(stubs, 8, Map.of());
        MeshLoad load = new MeshLoad(door.address())) {
      List<String> all = load.begin(sessions);
      MeshLoad.Result result = load.turns(all, 2_000);
      errors.addAll(result.errors());
      times.add(
          Spread.of(
              "what the orchestrator adds to a first token, 8 replicas, %d sessions"
                  .formatted(sessions),
              Distribution.of(result.requests(), MeshLoad.Request::addedMillis)));
      times.add(
          Spread.of(
              "  an empty call to it in the pauses of the same run",
              Distribution.of(load.emptyMillis(), value -> value)));
    }
  }

  /** The same dialogues each time. */
  private void placements() throws IOException, MeshException, InterruptedException {
    int positions = 8 << 10;
    Cost quarter = new Cost(2_000, Duration.ofMillis(10), 4, positions);
    Cost whole = new Cost(8_000, Duration.ofMillis(10), 16, 4 * positions);
    double reached = dialogues("one replica of four times the cache", 1, whole, Map.of(), 0);
    for (String placement :
        List.of("expected-time", "round-robin", "least-outstanding", "consistent-hashing")) {
      var _ = dialogues(placement, 4, quarter, Map.of("OWL_PLACEMENT", placement), reached);
    }
  }

  private double dialogues(
      String what, int replicas, Cost cost, Map<String, String> settings, double beside)
      throws IOException, MeshException, InterruptedException {
    try (Stubs stubs = new Stubs(replicas, cost);
        LoneOrchestrator door = orchestrator(stubs, replicas, settings);
        MeshLoad load = new MeshLoad(door.address())) {
      load.answers(replicas, 4, Duration.ofSeconds(WARM_UP_SECONDS));
      MeshLoad.Result result = load.dialogues(30, 8);
      errors.addAll(result.errors());
      double hits = result.hitPercent();
      times.add(
          Spread.of(
              "first token, " + what,
              Distribution.of(result.requests(), MeshLoad.Request::firstMillis)));
      figures.add(
          new Figure(
              "prefix hits, " + what,
              hits,
              "%",
              beside == 0 ? "" : "%.1f %% of that".formatted(100 * hits / beside)));
      return hits;
    }
  }

  private void hang() throws IOException, MeshException, InterruptedException {
    Cost cost = new Cost(2_000, Duration.ofMillis(25), 8, 64 << 10);
    try (Stubs stubs = new Stubs(4, cost);
        LoneOrchestrator door = orchestrator(stubs, 4, Map.of());
        MeshLoad load = new MeshLoad(door.address())) {
      load.answers(16, 16, Duration.ofSeconds(WARM_UP_SECONDS));
      MeshLoad.Result before = load.answers(16, 16, Duration.ofSeconds(seconds));
      StubLanguageModel hung = stubs.models.getFirst();
      hung.hang();
      MeshLoad.Result after = load.answers(16, 16, Duration.ofSeconds(seconds));
      errors.addAll(before.errors());
      errors.addAll(after.errors());
      Set<String> kept = hung.kept();
      List<MeshLoad.Request> others =
          after.requests().stream().filter(one -> !kept.contains(one.name())).toList();
      Spread usual = total("a whole answer, four replicas", before.requests());
      Spread other = total("  one of four hangs, answers that it never had", others);
      times.add(usual);
      times.add(other);
      times.add(total("  one of four hangs, all", after.requests()));
      figures.add(
          new Figure(
              "99 % of the others, one of four hangs", other.p99() / usual.p99(), "times", ""));
      figures.add(
          new Figure(
              "answers that the one that hangs was given",
              after.requests().size() - others.size(),
              "",
              "of %d".formatted(after.requests().size())));
    }
  }

  private static Spread total(String what, List<MeshLoad.Request> requests) {
    return Spread.of(what, Distribution.of(requests, MeshLoad.Request::totalMillis));
  }
}
