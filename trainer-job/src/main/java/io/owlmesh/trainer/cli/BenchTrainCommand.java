// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.cli;

import io.owlmesh.core.DType;
import io.owlmesh.core.FileTree;
import io.owlmesh.core.HostTensor;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.random.Preset;
import io.owlmesh.model.random.RandomCheckpoint;
import io.owlmesh.model.text.PromptTokens;
import io.owlmesh.trainer.data.EncodedSample;
import io.owlmesh.trainer.job.PeakMemory;
import io.owlmesh.trainer.training.Batch;
import io.owlmesh.trainer.training.Lora;
import io.owlmesh.trainer.training.NetworkOptions;
import io.owlmesh.trainer.training.Optimiser;
import io.owlmesh.trainer.training.TrainableModel;
import io.owlmesh.trainer.training.Trainables;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures steps of training on random weights of a preset's widths. */
@Command(
    name = "bench-train",
    description = "Measures a training step on random weights: tokens a second and peak memory.",
    sortOptions = false,
    footer = {
      "",
      "Peak memory is the process's: run it once with and once without --gradient-checkpointing."
    })
public final class BenchTrainCommand implements Callable<Integer> {
  private static final Pattern TARGETS = Pattern.compile(".*\\.(q_proj|v_proj)");

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @Option(names = "--preset", paramLabel = "NAME", description = "Widths (default: nano).")
  private String preset = Preset.NANO.name();

  @Option(names = "--layers", paramLabel = "N", description = "Of each part, instead of all.")
  private Optional<Integer> layers = Optional.empty();

  @Option(
      names = "--stage",
      paramLabel = "align|instruct",
      description = "What learns: the visual parts, or queries, abstractor and a LoRA.")
  private String stage = "instruct";

  @Option(names = "--batch", paramLabel = "N", description = "Samples of a step.")
  private int batch = 4;

  @Option(names = "--length", paramLabel = "N", description = "Positions of a sample.")
  private int length = 512;

  @Option(names = "--steps", paramLabel = "N", description = "After one to warm up.")
  private int steps = 3;

  @Option(names = "--dtype", paramLabel = "NAME", description = "float32 or bfloat16.")
  private String dtype = "bfloat16";

  @Option(names = "--gradient-checkpointing", description = "Compute activations again.")
  private boolean checkpointing;

  @Option(names = "--device", paramLabel = "NAME", description = "cpu or cuda:N.")
  private String device = "cpu";

  @Override
  public Integer call() throws Exception {
    Preset named = Preset.named(preset);
    Preset shape = layers.map(named::withLayers).orElse(named);
    Path scratch = Files.createTempDirectory("owl-bench-train");
    try {
      Path folder = scratch.resolve("checkpoint");
      DType stored = dtype.equals("float32") ? DType.FLOAT32 : DType.BFLOAT16;
      RandomCheckpoint.write(shape, folder, stored, 1, (_, _) -> {});
      measure(Checkpoint.open(folder), stored);
    } finally {
      FileTree.delete(scratch);
    }
    return 0;
  }

  private void measure(Checkpoint checkpoint, DType working) {
    boolean align = stage.equals("align");
    Trainables trainables =
        new Trainables(
            align,
            true,
            true,
            false,
            false,
            align ? Optional.empty() : Optional.of(new Lora(8, 32, 0.05, TARGETS)));
    NetworkOptions options =
        new NetworkOptions(
            device, Runtime.getRuntime().availableProcessors(), working, checkpointing, 0);
    PrintWriter out = spec.commandLine().getOut();
    try (TrainableModel network =
        new TrainableModel(checkpoint, Optional.empty(), trainables, options, 1)) {
      Batch samples = samples(checkpoint.config());
      Optimiser optimiser = new Optimiser(0.9, 0.98, 1e-6, 0.1, 1);
      long loaded = PeakMemory.bytes();
      double learning = 0;
      double updating = 0;
      for (int step = 0; step <= steps; step++) {
        long begin = System.nanoTime();
        network.learn(samples, 1.0 / samples.targetCount(), step);
        long learnt = System.nanoTime();
        network.update(optimiser, 1e-4);
        if (step > 0) { // The first one compiles and allocates.
          learning += (learnt - begin) / 1e9;
          updating += (System.nanoTime() - learnt) / 1e9;
        }
      }
      out.printf(
          Locale.ROOT,
          "%,d parameters learn; %d samples of %d positions: forward and backward %.2f s, update"
              + " %.3f s, %,.0f tokens/s; memory %.2f GiB loaded, %.2f GiB at the peak%n",
          network.parameters(),
          batch,
          length,
          learning / steps,
          updating / steps,
          samples.positions() * steps / (learning + updating),
          loaded / (double) (1 << 30),
          PeakMemory.bytes() / (double) (1 << 30));
      out.flush();
    }
  }

  /** An image each, then text of which the second half is learnt. */
  private Batch samples(ModelConfig config) {
    List<EncodedSample> samples = new ArrayList<>();
    int side = config.imageSize();
    for (int b = 0; b < batch; b++) {
      int[] ids = new int[length];
      Arrays.setAll(ids, i -> 3 + (i * 31) % 500);
      ids[0] = 1;
      Arrays.fill(ids, 4, 4 + config.visualTokens(), PromptTokens.VISUAL);
      boolean[] trained = new boolean[length];
      Arrays.fill(trained, Math.max(length / 2, 4 + config.visualTokens()), length, true);
      float[] pixels = new float[3 * side * side];
      Arrays.fill(pixels, b * 0.1f);
      samples.add(
          new EncodedSample(ids, trained, List.of(HostTensor.ofFloats(pixels, 3, side, side))));
    }
    return new Batch(samples);
  }
}
