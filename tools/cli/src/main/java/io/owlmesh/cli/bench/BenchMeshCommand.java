// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.bench;

import io.owlmesh.bench.MeshBench;
import io.owlmesh.bench.OrchestratorReport;
import io.owlmesh.cli.option.ExitCode;
import io.owlmesh.cli.option.Home;
import io.owlmesh.cli.option.MeasureFlags;
import io.owlmesh.launcher.MeshException;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures what an orchestrator makes of many replicas. */
@Command(
    name = "mesh",
    description = {
      "Measures an orchestrator of its own with many language models that compute nothing, at a",
      "known cost: throughput, what it adds itself, hits of placement, and a replica that hangs."
    },
    sortOptions = false,
    footer = {"", "Exit code 1 if a request fails."})
public final class BenchMeshCommand implements Callable<Integer> {
  private final Home home;

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      description = "How long each load takes (default: ${DEFAULT-VALUE}).")
  private int seconds = 15;

  @Option(
      names = "--sessions",
      paramLabel = "N",
      description = "Sessions that exist meanwhile (default: ${DEFAULT-VALUE}).")
  private int sessions = 10_000;

  @Option(
      names = "--part",
      split = ",",
      paramLabel = "PART",
      description = "Only these, of ${COMPLETION-CANDIDATES}.")
  private Set<MeshBench.Part> parts = EnumSet.allOf(MeshBench.Part.class);

  @Mixin private MeasureFlags measure = new MeasureFlags();

  public BenchMeshCommand(Home home) {
    this.home = home;
  }

  @Override
  public Integer call() throws IOException, MeshException, InterruptedException {
    MeasureFlags.requireAtLeast(spec.commandLine(), "--seconds", seconds, 1);
    MeasureFlags.requireAtLeast(spec.commandLine(), "--sessions", sessions, 1);
    OrchestratorReport report = new MeshBench(home.root(), seconds, sessions, parts).run();
    PrintWriter out = spec.commandLine().getOut();
    out.println(report);
    out.flush();
    measure.write(report);
    return report.errors().isEmpty() ? 0 : ExitCode.FAILED;
  }
}
