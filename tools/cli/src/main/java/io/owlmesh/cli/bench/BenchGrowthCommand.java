// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.bench;

import io.owlmesh.bench.Growth;
import io.owlmesh.bench.GrowthBench;
import io.owlmesh.bench.GrowthBench.Part;
import io.owlmesh.bench.GrowthChart;
import io.owlmesh.cli.mesh.LanguageModelFlag;
import io.owlmesh.cli.option.Home;
import io.owlmesh.cli.option.MeasureFlags;
import io.owlmesh.client.AnswerFailed;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.launcher.MeshRecord;
import io.owlmesh.model.checkpoint.Checkpoint;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Draws how figures grow. */
@Command(
    name = "growth",
    description = {
      "Measures how figures of the mesh that ./owl up started grow, and draws them: with the",
      "length of a prompt, answers together, adapters, pictures of a question; and those of an",
      "orchestrator of its own with the conversations that it keeps."
    },
    sortOptions = false,
    footer = {
      "",
      "More answers and adapters than the mesh takes at a time are left out: start it with",
      "OWL_MAX_SEQUENCES=64. PostgreSQL is given conversations that nobody said: name a database",
      "that was just created, and drop it."
    })
public final class BenchGrowthCommand implements Callable<Integer> {
  private final Home home;

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @Option(
      names = "--part",
      split = ",",
      paramLabel = "PART",
      description = "Only these, of ${COMPLETION-CANDIDATES}.")
  private Set<Part> parts = EnumSet.allOf(Part.class);

  @Option(
      names = "--context",
      split = ",",
      paramLabel = "N",
      description = "Positions of a prompt (default: 256,512,1024,2048).")
  private List<Integer> context = List.of(256, 512, 1024, 2048);

  @Option(
      names = "--sequences",
      split = ",",
      paramLabel = "N",
      description = "Answers at a time (default: 1,2,4,8,16,32,64).")
  private List<Integer> sequences = List.of(1, 2, 4, 8, 16, 32, 64);

  @Option(
      names = "--adapters",
      split = ",",
      paramLabel = "N",
      description = "Adapters in a batch (default: 1,2,4,8,16,32,64).")
  private List<Integer> adapters = List.of(1, 2, 4, 8, 16, 32, 64);

  @Option(
      names = "--sessions",
      split = ",",
      paramLabel = "N",
      description = "Conversations that are kept (default: 1000,10000,100000).")
  private List<Integer> sessions = List.of(1_000, 10_000, 100_000);

  @Option(
      names = "--pictures",
      split = ",",
      paramLabel = "N",
      description = "Pictures of a question (default: 1,2,4,8,16).")
  private List<Integer> pictures = List.of(1, 2, 4, 8, 16);

  @Option(
      names = "--postgres",
      paramLabel = "URL",
      description = "jdbc:postgresql://HOST/NAME?user=..., an empty database, beside H2.")
  private @Nullable String postgres;

  @Option(
      names = "--tokens",
      paramLabel = "N",
      description = "Tokens of each answer (default: ${DEFAULT-VALUE}).")
  private int tokens = 32;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "How often each is asked (default: ${DEFAULT-VALUE}).")
  private int rounds = 3;

  @Option(
      names = "--svg",
      paramLabel = "FILE",
      description = "Where the curves are drawn (default: ${DEFAULT-VALUE}).")
  private Path svg = Path.of("growth.svg");

  @Mixin private MeasureFlags measure = new MeasureFlags();

  public BenchGrowthCommand(Home home) {
    this.home = home;
  }

  @Override
  public Integer call() throws IOException, MeshException, AnswerFailed, InterruptedException {
    CommandLine line = spec.commandLine();
    context.forEach(n -> MeasureFlags.requireAtLeast(line, "--context", n, 32));
    sequences.forEach(n -> MeasureFlags.requireAtLeast(line, "--sequences", n, 1));
    adapters.forEach(n -> MeasureFlags.requireAtLeast(line, "--adapters", n, 1));
    sessions.forEach(n -> MeasureFlags.requireAtLeast(line, "--sessions", n, 1));
    pictures.forEach(n -> MeasureFlags.requireAtLeast(line, "--pictures", n, 1));
    MeasureFlags.requireAtLeast(line, "--tokens", tokens, 2);
    MeasureFlags.requireAtLeast(line, "--rounds", rounds, 1);
    PrintWriter out = line.getOut();
    PrintWriter progress = line.getErr();
    GrowthBench bench =
        new GrowthBench(
            tokens,
            rounds,
            what -> {
              progress.println("  " + what);
              progress.flush();
            });
    List<Growth> all = new ArrayList<>();
    for (Part part : Part.values()) {
      if (parts.contains(part)) {
        for (Growth growth : measure(bench, part)) {
          out.println(growth);
          out.flush();
          all.add(growth);
        }
      }
    }
    Files.writeString(svg, GrowthChart.svg(all));
    out.println("Curves: " + svg);
    out.flush();
    measure.write(all);
    return 0;
  }

  private List<Growth> measure(GrowthBench bench, Part part)
      throws IOException, MeshException, AnswerFailed, InterruptedException {
    return switch (part) {
      case CONTEXT -> engine(bench, part, context);
      case SEQUENCES -> engine(bench, part, sequences);
      case ADAPTERS -> engine(bench, part, adapters);
      case SESSIONS -> bench.sessions(home.root(), sessions, Optional.ofNullable(postgres));
      case PICTURES -> bench.pictures(home.run().requireRunning().frontDoor(), pictures);
    };
  }

  private List<Growth> engine(GrowthBench bench, Part part, List<Integer> quantities)
      throws IOException, MeshException, AnswerFailed, InterruptedException {
    MeshRecord mesh = home.run().requireRunning();
    return bench.engine(
        part,
        mesh.addressOf(LanguageModelFlag.SERVICE),
        Checkpoint.open(mesh.checkpoint()).config(),
        quantities);
  }
}
