// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import com.google.protobuf.ByteString;
import io.owlmesh.bench.Growth.Line;
import io.owlmesh.bench.Growth.Point;
import io.owlmesh.client.Address;
import io.owlmesh.client.AnswerFailed;
import io.owlmesh.client.AskRequest;
import io.owlmesh.client.ChatClient;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.proto.chat.v1.AnswerOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** Measures how figures grow, with a running mesh and an orchestrator of its own. */
public final class GrowthBench {
  /** What can be measured alone. */
  public enum Part {
    /** First token and step by the length of the prompt. */
    CONTEXT,
    /** Tokens a second by answers together. */
    SEQUENCES,
    /** Tokens a second by adapters in a batch. */
    ADAPTERS,
    /** Times of calls by conversations that are kept. */
    SESSIONS,
    /** First token by pictures of a question. */
    PICTURES
  }

  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private final int tokens;
  private final int rounds;
  private final Consumer<String> told;

  /**
   * @param tokens of each answer
   * @param rounds of which the median counts
   * @param told what was measured last
   */
  public GrowthBench(int tokens, int rounds, Consumer<String> told) {
    this.tokens = tokens;
    this.rounds = rounds;
    this.told = told;
  }

  /** Parts of the language model's service. */
  public List<Growth> engine(Part part, Address llm, ModelConfig config, List<Integer> quantities)
      throws IOException, AnswerFailed, InterruptedException {
    try (EngineGrowth engine = new EngineGrowth(llm, config, tokens, rounds, told)) {
      return switch (part) {
        case CONTEXT -> engine.context(quantities);
        case SEQUENCES -> engine.sequences(quantities);
        case ADAPTERS -> engine.adapters(quantities);
        case SESSIONS, PICTURES -> throw new IllegalArgumentException(part.toString());
      };
    }
  }

  /**
   * What an orchestrator of its own makes of many conversations.
   *
   * @param home the root of the checkout, where it lies built
   * @param postgres JDBC URL of an empty database, to be measured beside the embedded one
   */
  public List<Growth> sessions(Path home, List<Integer> sizes, Optional<String> postgres)
      throws IOException, MeshException, InterruptedException {
    return new SessionGrowth(home, sizes, told).run(postgres);
  }

  /** First tokens of a whole mesh, and what they consist of; each picture is a new one. */
  public List<Growth> pictures(Address frontDoor, List<Integer> counts)
      throws InterruptedException {
    Map<Quantity, List<Point>> points = new LinkedHashMap<>();
    AnswerOptions options = AnswerOptions.newBuilder().setMaxNewTokens(tokens).build();
    try (ChatClient client = new ChatClient(frontDoor)) {
      for (int count : counts.stream().sorted().toList()) {
        Load load = new Load(client, n -> question(n, count), options, PATIENCE);
        var _ = load.run(0, 1, 1);
        Load.Result result = load.run(1, rounds, 1);
        if (!result.failures().isEmpty()) {
          throw new OwlException(Fault.UNAVAILABLE, "pictures", result.failures().getFirst());
        }
        for (Quantity quantity :
            List.of(Quantity.FIRST_TOKEN, Quantity.VISION, Quantity.PREPARE, Quantity.PREFILL)) {
          double micros = Distribution.of(result.samples(), quantity::micros).percentile(0.5);
          points
              .computeIfAbsent(quantity, _ -> new ArrayList<>())
              .add(new Point(count, micros / 1e3));
        }
        told.accept("pictures: " + count);
      }
    }
    List<Line> lines = new ArrayList<>();
    points.forEach((quantity, values) -> lines.add(new Line(quantity.label(), values)));
    return List.of(new Growth("a question about new pictures", "pictures", "ms", lines));
  }

  private static AskRequest question(int number, int pictures) {
    long seed = System.nanoTime() + number;
    List<ByteString> drawn =
        IntStream.range(0, pictures).mapToObj(i -> TestPicture.jpeg(seed + 31L * i)).toList();
    return new AskRequest("What is in these pictures?", drawn);
  }
}
