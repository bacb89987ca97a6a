// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.bench;

import io.owlmesh.bench.EngineBench;
import io.owlmesh.bench.Figure;
import io.owlmesh.cli.mesh.LanguageModelFlag;
import io.owlmesh.cli.option.Home;
import io.owlmesh.cli.option.MeasureFlags;
import io.owlmesh.cli.option.MemoryFlag;
import io.owlmesh.client.AnswerFailed;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.launcher.MeshRecord;
import io.owlmesh.model.checkpoint.Checkpoint;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures the serving engine of a running mesh. */
@Command(
    name = "llm",
    description = {
      "Measures the serving engine of the mesh that ./owl up started: one answer and many",
      "together, long prompts, second turns, adapters, next to what the machine allows."
    },
    sortOptions = false)
public final class BenchLlmCommand implements Callable<Integer> {
  private final Home home;

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @Option(
      names = "--tokens",
      paramLabel = "N",
      description = "Tokens of each answer (default: ${DEFAULT-VALUE}).")
  private int tokens = 32;

  @Option(
      names = "--prompt",
      paramLabel = "N",
      description = "Positions of the long prompt, about (default: ${DEFAULT-VALUE}).")
  private int prompt = 512;

  @Mixin private MemoryFlag memory = new MemoryFlag();

  @Mixin private MeasureFlags measure = new MeasureFlags();

  public BenchLlmCommand(Home home) {
    this.home = home;
  }

  @Override
  public Integer call() throws IOException, MeshException, AnswerFailed, InterruptedException {
    CommandLine line = spec.commandLine();
    MeasureFlags.requireAtLeast(line, "--tokens", tokens, 2);
    MeasureFlags.requireAtLeast(line, "--prompt", prompt, 1);
    MeasureFlags.requireAtLeast(line, "--memory-mib", memory.mebibytes(), 1);
    MeshRecord mesh = home.run().requireRunning();
    PrintWriter out = spec.commandLine().getOut();
    out.printf("%s, %d cores%n", mesh.checkpoint(), Runtime.getRuntime().availableProcessors());
    out.flush();
    try (EngineBench bench =
        new EngineBench(
            mesh.addressOf(LanguageModelFlag.SERVICE),
            Checkpoint.open(mesh.checkpoint()).config(),
            tokens,
            prompt,
            row -> {
              out.println(row);
              out.flush();
            })) {
      List<Figure> rows = bench.run(memory.bytes());
      measure.write(rows);
    }
    return 0;
  }
}
