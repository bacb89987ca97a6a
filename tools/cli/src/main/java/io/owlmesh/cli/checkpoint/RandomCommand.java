// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.checkpoint;

import io.owlmesh.cli.option.FloatType;
import io.owlmesh.cli.option.ProgressLine;
import io.owlmesh.cli.option.TargetFolder;
import io.owlmesh.core.DType;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.checkpoint.ExpectedTensors;
import io.owlmesh.model.random.Preset;
import io.owlmesh.model.random.RandomCheckpoint;
import io.owlmesh.trainer.monitor.ProgressBar;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes a checkpoint of random weights. */
@Command(
    name = "random",
    description =
        "Writes a checkpoint of random weights: to try and to measure without a download.",
    sortOptions = false,
    footer = {"", "The folder appears whole or not at all. Equal seeds give equal values."})
final class RandomCommand implements Callable<Integer> {
  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @Option(
      names = "--preset",
      paramLabel = "NAME",
      description =
          "Dimensions: nano, llava-nano, or as released: mplug-owl-7b, mplug-owl-bloomz-7b,"
              + " llava-1.5-7b, minigpt4-7b (default: ${DEFAULT-VALUE}).")
  private String preset = Preset.NANO.name();

  @Option(
      names = "--layers",
      paramLabel = "N",
      description = "Layers of each part (default: the preset's). Tensors keep their widths.")
  private int layers;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      converter = FloatType.class,
      description = "Type of the weights: f32, f16 or bf16 (default: f32).")
  private DType dtype = DType.FLOAT32;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Another seed, other weights (default: ${DEFAULT-VALUE}).")
  private long seed = 1;

  @Option(names = "--force", description = "Replace the checkpoint that is there.")
  private boolean force;

  @SuppressWarnings("NullAway.Init")
  @Parameters(paramLabel = "DIR", description = "Folder to make.")
  private Path folder;

  @Override
  public Integer call() throws IOException {
    Preset wanted = preset();
    TargetFolder target = new TargetFolder(folder);
    long parameters = ExpectedTensors.of(wanted.config()).storedParameters();
    PrintWriter out = spec.commandLine().getOut();
    target.refuseUnlessFree(force);
    target.requireSpace(parameters * dtype.bytes());
    ProgressLine line = new ProgressLine(out, ProgressBar.onTerminal());
    target.fill(place -> RandomCheckpoint.write(wanted, place, dtype, seed, line::at));
    out.printf(
        Locale.ROOT,
        "%s: random weights of preset %s, %,d parameters, %s%n",
        folder,
        wanted.name(),
        parameters,
        dtype.name().toLowerCase(Locale.ROOT));
    out.flush();
    return 0;
  }

  private Preset preset() {
    try {
      Preset named = Preset.named(preset);
      return spec.commandLine().getParseResult().hasMatchedOption("--layers")
          ? named.withLayers(layers)
          : named;
    } catch (OwlException wrong) {
      throw new ParameterException(spec.commandLine(), wrong.getMessage(), wrong);
    }
  }
}
