// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.checkpoint;

import io.owlmesh.cli.option.FloatType;
import io.owlmesh.cli.option.TargetFolder;
import io.owlmesh.core.DType;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.checkpoint.ExpectedTensors;
import io.owlmesh.model.compose.MiniGpt4Composition;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes a checkpoint of MiniGPT-4's parts. */
@Command(
    name = "compose",
    description = "Makes a checkpoint of the files in which MiniGPT-4 is handed out.",
    sortOptions = false,
    footer = {"", "The folder appears whole or not at all."})
final class ComposeCommand implements Callable<Integer> {
  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @SuppressWarnings("NullAway.Init")
  @Option(names = "--vit", required = true, paramLabel = "FILE", description = "eva_vit_g.pth.")
  private Path vit;

  @SuppressWarnings("NullAway.Init")
  @Option(
      names = "--qformer",
      required = true,
      paramLabel = "FILE",
      description = "blip2_pretrained_flant5xxl.pth.")
  private Path qformer;

  @SuppressWarnings("NullAway.Init")
  @Option(
      names = "--projection",
      required = true,
      paramLabel = "FILE",
      description = "pretrained_minigpt4.pth, of the same Vicuna.")
  private Path projection;

  @SuppressWarnings("NullAway.Init")
  @Option(names = "--vicuna", required = true, paramLabel = "DIR", description = "Vicuna's folder.")
  private Path vicuna;

  @Option(
      names = "--vit-heads",
      paramLabel = "N",
      description = "Attention heads of the ViT (default: ${DEFAULT-VALUE}).")
  private int vitHeads = 16;

  @Option(
      names = "--qformer-heads",
      paramLabel = "N",
      description = "Attention heads of the Q-Former (default: ${DEFAULT-VALUE}).")
  private int qformerHeads = 12;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      converter = FloatType.class,
      description = "Type of the weights: f32, f16 or bf16 (default: f16).")
  private DType dtype = DType.FLOAT16;

  @Option(names = "--force", description = "Replace the checkpoint that is there.")
  private boolean force;

  @SuppressWarnings("NullAway.Init")
  @Parameters(paramLabel = "DIR", description = "Folder to make.")
  private Path folder;

  @Override
  public Integer call() throws IOException {
    TargetFolder target = new TargetFolder(folder);
    target.refuseUnlessFree(force);
    MiniGpt4Composition.Parts parts =
        new MiniGpt4Composition.Parts(vit, qformer, projection, vicuna, vitHeads, qformerHeads);
    target.fill(place -> MiniGpt4Composition.write(parts, place, dtype));
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        Locale.ROOT,
        "%s: MiniGPT-4 of %,d parameters, %s%n",
        folder,
        ExpectedTensors.of(Checkpoint.open(folder).config()).parameters(),
        dtype.name().toLowerCase(Locale.ROOT));
    out.flush();
    return 0;
  }
}
