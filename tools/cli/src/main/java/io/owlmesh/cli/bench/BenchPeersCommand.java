// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.bench;

import io.owlmesh.bench.PeerBench;
import io.owlmesh.cli.mesh.LanguageModelFlag;
import io.owlmesh.cli.option.Home;
import io.owlmesh.cli.option.MeasureFlags;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.launcher.MeshRecord;
import io.owlmesh.model.checkpoint.Checkpoint;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures the serving engine of a running mesh beside llama.cpp. */
@Command(
    name = "peers",
    description = {
      "Measures the language model of the mesh that ./owl up started and llama.cpp in turn, on the",
      "same weights in the same precision: bfloat16, or 8 bits where the mesh keeps them so."
    },
    sortOptions = false,
    footer = {
      "",
      "llama.cpp is no part of OwlMesh: run npm install node-llama-cpp in a folder of your own, and",
      "name it. Its model is written for the time of the measurement, in the folder for temporary",
      "files: as many bytes as the language model has. For a shape with few layers, serve what",
      "./owl checkpoint random --preset mplug-owl-7b --layers 2 --dtype bf16 writes."
    })
public final class BenchPeersCommand implements Callable<Integer> {
  private final Home home;

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @SuppressWarnings("NullAway.Init")
  @Option(
      names = "--llama-cpp",
      required = true,
      paramLabel = "DIR",
      description = "Folder in which npm installed node-llama-cpp.")
  private Path folder;

  @Option(
      names = "--sequences",
      split = ",",
      paramLabel = "N",
      description = "Answers at a time, one measurement each (default: 1,16).")
  private List<Integer> sequences = List.of(1, 16);

  @Option(
      names = "--prompts",
      split = ",",
      paramLabel = "N",
      description = "Positions of a prompt, about, one measurement each (default: 512,1050).")
  private List<Integer> prompts = List.of(512, 1050);

  @Option(
      names = "--tokens",
      paramLabel = "N",
      description = "Tokens of each answer (default: ${DEFAULT-VALUE}).")
  private int tokens = 32;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "How often each engine is asked (default: ${DEFAULT-VALUE}).")
  private int rounds = 5;

  @Mixin private MeasureFlags measure = new MeasureFlags();

  public BenchPeersCommand(Home home) {
    this.home = home;
  }

  @Override
  public Integer call() throws IOException, MeshException {
    CommandLine line = spec.commandLine();
    sequences.forEach(n -> MeasureFlags.requireAtLeast(line, "--sequences", n, 1));
    prompts.forEach(n -> MeasureFlags.requireAtLeast(line, "--prompts", n, 1));
    MeasureFlags.requireAtLeast(line, "--tokens", tokens, 2);
    MeasureFlags.requireAtLeast(line, "--rounds", rounds, 1);
    MeshRecord mesh = home.run().requireRunning();
    PrintWriter out = line.getOut();
    out.println("medians (least to most) here, of the peer, and their ratio");
    PeerBench bench =
        new PeerBench(
            mesh.addressOf(LanguageModelFlag.SERVICE),
            Checkpoint.open(mesh.checkpoint()),
            folder,
            row -> {
              out.println(row);
              out.flush();
            });
    measure.write(bench.run(sequences, prompts, tokens, rounds));
    return 0;
  }
}
