// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.bench;

import io.owlmesh.bench.HopBench;
import io.owlmesh.bench.OrchestratorBench;
import io.owlmesh.bench.OrchestratorReport;
import io.owlmesh.bench.StreamsBench;
import io.owlmesh.cli.option.ExitCode;
import io.owlmesh.cli.option.Home;
import io.owlmesh.cli.option.MeasureFlags;
import io.owlmesh.client.Address;
import io.owlmesh.client.AnswerFailed;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.launcher.MeshRecord;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures the orchestrator without what the stages take. */
@Command(
    name = "orchestrator",
    description = {
      "Measures what the orchestrator of the mesh that ./owl up started adds to a call of the",
      "language model; or, with --streams, an orchestrator of its own with many answers at a time;",
      "or, with --hops, what encryption costs the calls that it makes."
    },
    sortOptions = false,
    footer = {"", "Exit code 1 if a request fails."})
public final class BenchOrchestratorCommand implements Callable<Integer> {
  private final Home home;

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @Option(
      names = "--requests",
      paramLabel = "N",
      description = "Questions each way (default: ${DEFAULT-VALUE}).")
  private int requests = 200;

  @Option(
      names = "--warm-up",
      paramLabel = "N",
      description = "Questions each way before that (default: ${DEFAULT-VALUE}).")
  private int warmUp = 300;

  @Option(
      names = "--tokens",
      paramLabel = "N",
      description = "Tokens of each answer (default: ${DEFAULT-VALUE}).")
  private int tokens = 32;

  @Option(
      names = "--streams",
      paramLabel = "N",
      description =
          "Answers at a time, ten tokens a second each, from stages that compute nothing.")
  private @Nullable Integer streams;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      description = "How long each of these answers takes (default: ${DEFAULT-VALUE}).")
  private int seconds = 30;

  @Option(
      names = "--hops",
      description =
          "Calls of stages that compute nothing, plain and with mutual TLS in turn, as large as 7B's.")
  private boolean hops;

  @Mixin private MeasureFlags measure = new MeasureFlags();

  public BenchOrchestratorCommand(Home home) {
    this.home = home;
  }

  @Override
  public Integer call() throws IOException, MeshException, AnswerFailed, InterruptedException {
    MeasureFlags.requireAtLeast(spec.commandLine(), "--requests", requests, 1);
    MeasureFlags.requireAtLeast(spec.commandLine(), "--warm-up", warmUp, 0);
    MeasureFlags.requireAtLeast(spec.commandLine(), "--tokens", tokens, 2);
    MeasureFlags.requireAtLeast(spec.commandLine(), "--seconds", seconds, 1);
    if (hops && streams != null) {
      throw new ParameterException(spec.commandLine(), "--hops and --streams exclude each other");
    }
    OrchestratorReport report;
    if (hops) {
      try (HopBench bench = new HopBench()) {
        report = bench.run(warmUp, requests);
      }
    } else if (streams != null) {
      MeasureFlags.requireAtLeast(spec.commandLine(), "--streams", streams, 1);
      report = new StreamsBench(home.root(), streams, seconds).run();
    } else {
      report = cost();
    }
    PrintWriter out = spec.commandLine().getOut();
    out.println(report);
    out.flush();
    measure.write(report);
    return report.errors().isEmpty() ? 0 : ExitCode.FAILED;
  }

  private OrchestratorReport cost()
      throws IOException, MeshException, AnswerFailed, InterruptedException {
    MeshRecord mesh = home.run().requireRunning();
    List<Address> stages = Stream.of("vision", "abstractor", "llm").map(mesh::addressOf).toList();
    try (OrchestratorBench bench = new OrchestratorBench(mesh.frontDoor(), stages, tokens)) {
      return bench.run(warmUp, requests);
    }
  }
}
