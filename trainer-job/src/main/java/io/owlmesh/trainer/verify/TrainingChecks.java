// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.verify;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.checkpoint.AdapterFile;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.image.Bicubic;
import io.owlmesh.model.image.PictureDecoder;
import io.owlmesh.model.weights.SafetensorsFile;
import io.owlmesh.runtime.EngineOptions;
import io.owlmesh.runtime.verify.Row;
import io.owlmesh.trainer.data.EncodedSample;
import io.owlmesh.trainer.training.Batch;
import io.owlmesh.trainer.training.Lora;
import io.owlmesh.trainer.training.NetworkOptions;
import io.owlmesh.trainer.training.Optimiser;
import io.owlmesh.trainer.training.TrainableModel;
import io.owlmesh.trainer.training.Trainables;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The samples of {@code train.json} encoded and its stages run again: equal ids and masks, losses
 * within 1e-4, gradient norms within 1e-3 of themselves, weights after the steps within 2e-4, each
 * also with activations computed again instead of kept.
 */
public final class TrainingChecks {
  private static final double LOSS = 1e-4;
  private static final double NORM = 1e-3;
  private static final double WEIGHT = 2e-4;

  private final Path folder;
  private final Checkpoint checkpoint;
  private final NetworkOptions options;
  private final Consumer<Row> out;
  private final GoldenTraining golden;

  private TrainingChecks(
      Path folder, Checkpoint checkpoint, NetworkOptions options, Consumer<Row> out) {
    this.folder = folder;
    this.checkpoint = checkpoint;
    this.options = options;
    this.out = out;
    this.golden = GoldenTraining.read(folder);
  }

  /**
   * Compares, if the folder holds golden values of training.
   *
   * @param checkpoint the one to begin with; empty for the first of the folder
   * @param onRow told after each comparison
   */
  public static void run(
      Path folder, Optional<Path> checkpoint, EngineOptions engine, Consumer<Row> onRow) {
    if (!Files.exists(folder.resolve("train.json"))) {
      return;
    }
    Checkpoint opened = Checkpoint.open(checkpoint.orElseGet(() -> first(folder)));
    TokenChecks.run(folder, opened, onRow);
    int threads =
        engine.threads() == 0 ? Runtime.getRuntime().availableProcessors() : engine.threads();
    for (boolean checkpointing : List.of(false, true)) {
      NetworkOptions options =
          new NetworkOptions(engine.device(), threads, DType.FLOAT32, checkpointing, 0);
      new TrainingChecks(folder, opened, options, onRow).stages();
    }
  }

  private static Path first(Path folder) {
    try (Stream<Path> folders = Files.list(folder.resolve("checkpoints"))) {
      return folders.filter(Files::isDirectory).sorted().findFirst().orElseThrow();
    } catch (IOException | NoSuchElementException e) {
      throw OwlException.badInput("golden", folder + " holds no checkpoints: " + e.getMessage());
    }
  }

  private void stages() {
    SortedMap<String, HostTensor> after =
        SafetensorsFile.load(folder.resolve("train-after-3-steps.safetensors"));
    golden.stages().forEach((name, stage) -> stage(name, stage, after));
  }

  private void stage(String name, GoldenTraining.Stage stage, SortedMap<String, HostTensor> after) {
    Optional<AdapterFile> adapter =
        stage.trains().stream().anyMatch(t -> t.contains(".lora_A."))
            ? Optional.of(AdapterFile.open(folder.resolve("adapters/peft")))
            : Optional.empty();
    Batch batch = new Batch(samples(stage.usesText()));
    String subject = name + (options.checkpointing() ? ", recomputing" : "");
    try (TrainableModel network =
        new TrainableModel(checkpoint, adapter, trainables(stage, adapter), options, 0)) {
      List<Double> losses = new ArrayList<>();
      List<Double> norms = new ArrayList<>();
      for (int step = 0; step < stage.gradientNorms().size(); step++) {
        losses.add(network.learn(batch, 1.0 / batch.targetCount(), 0));
        if (step == 0) {
          firstNorms(subject, stage, network.gradients());
        }
        norms.add(network.update(optimiser(), golden.optimizer().lr()));
      }
      losses.add(network.learn(batch, 1.0 / batch.targetCount(), 0));
      compare("training losses", subject, losses, stage.losses(), LOSS, false);
      compare("gradient norms", subject, norms, stage.gradientNorms(), NORM, true);
      weights(subject, name + "/", network.weights(), after);
    }
  }

  private Trainables trainables(GoldenTraining.Stage stage, Optional<AdapterFile> adapter) {
    Optional<Lora> lora =
        adapter.map(file ->
            new Lora(
                file.rank(),
                file.alpha(),
                0,
                Pattern.compile(
                    String.join(
                        "|", file.modules().keySet().stream().map(Pattern::quote).toList()))));
    ModelConfig config = checkpoint.config();
    return new Trainables(
        learns(stage, config.visionNetwork()::owns),
        learns(stage, config::isQuery),
        learns(stage, name -> config.connectorNetwork().owns(name) && !config.isQuery(name)),
        false,
        learns(stage, config.languageNetwork()::owns),
        lora);
  }

  private static boolean learns(GoldenTraining.Stage stage, Predicate<String> tensors) {
    return stage.trains().stream().anyMatch(tensors);
  }

  private Optimiser optimiser() {
    GoldenTraining.Optimizer o = golden.optimizer();
    return new Optimiser(
        o.betas().get(0), o.betas().get(1), o.eps(), o.weightDecay(), o.clipNorm());
  }

  private List<EncodedSample> samples(boolean text) {
    List<EncodedSample> samples = new ArrayList<>();
    try {
      List<String> lines = Files.readAllLines(folder.resolve("train.jsonl"));
      for (int i = 0; i < golden.samples().size(); i++) {
        List<HostTensor> pixels = new ArrayList<>();
        for (var image : new ObjectMapper().readTree(lines.get(i)).path("image")) {
          pixels.add(pixels(image.asText()));
        }
        if (text || !pixels.isEmpty()) {
          samples.add(sample(golden.samples().get(i), pixels));
        }
      }
    } catch (IOException e) {
      throw OwlException.badInput("golden", "train.jsonl: " + e.getMessage());
    }
    return samples;
  }

  private static EncodedSample sample(GoldenTraining.Sample sample, List<HostTensor> pixels) {
    int[] ids = sample.ids().stream().mapToInt(Integer::intValue).toArray();
    boolean[] trained = new boolean[ids.length];
    for (int j = 0; j < sample.targets().size(); j++) {
      trained[j + 1] = sample.targets().get(j) == 1;
    }
    return new EncodedSample(ids, trained, pixels);
  }

  /** The reference's resized pixels where they are known: decoders of JPEG differ. */
  private HostTensor pixels(String name) throws IOException {
    int size = checkpoint.config().imageProcessor().size();
    HostTensor known =
        SafetensorsFile.load(folder.resolve("pixels.safetensors")).get(name + "@" + size);
    byte[] rgb;
    if (known == null) {
      byte[] file = Files.readAllBytes(folder.resolve("images").resolve(name));
      rgb = Bicubic.resizeToSquare(new PictureDecoder().decode(file), size);
    } else {
      rgb = new byte[known.bytes().remaining()];
      known.bytes().get(rgb);
    }
    return checkpoint.config().imageProcessor().normalise(rgb);
  }

  private void firstNorms(
      String subject, GoldenTraining.Stage stage, SortedMap<String, HostTensor> gradients) {
    List<Double> actual = new ArrayList<>();
    List<Double> expected = new ArrayList<>();
    stage
        .firstNorms()
        .forEach((name, norm) -> {
          HostTensor gradient = gradients.get(name);
          actual.add(gradient == null ? Double.NaN : norm(gradient.toFloats()));
          expected.add(norm);
        });
    compare("first gradients", subject, actual, expected, NORM, true);
  }

  private static double norm(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += (double) value * value;
    }
    return Math.sqrt(sum);
  }

  private void compare(
      String check,
      String subject,
      List<Double> actual,
      List<Double> expected,
      double tolerance,
      boolean relative) {
    double worst = actual.size() == expected.size() ? 0 : Double.NaN;
    for (int i = 0; i < Math.min(actual.size(), expected.size()); i++) {
      // Norms that are zero but for rounding are compared as they are.
      double unit = relative ? Math.max(Math.abs(expected.get(i)), NORM) : 1;
      worst = Math.max(worst, Math.abs(actual.get(i) - expected.get(i)) / unit);
    }
    row(check, subject, actual.size(), worst, tolerance, relative ? " |x|" : "");
  }

  private void weights(
      String subject,
      String prefix,
      SortedMap<String, HostTensor> weights,
      SortedMap<String, HostTensor> after) {
    double worst = 0;
    long count = 0;
    for (var expected : after.tailMap(prefix).entrySet()) {
      if (!expected.getKey().startsWith(prefix)) {
        break;
      }
      HostTensor actual = weights.get(expected.getKey().substring(prefix.length()));
      float[] wanted = expected.getValue().toFloats();
      float[] found = actual == null ? new float[wanted.length] : actual.toFloats();
      for (int i = 0; i < wanted.length; i++) {
        worst = Math.max(worst, actual == null ? Double.NaN : Math.abs(found[i] - wanted[i]));
      }
      count += wanted.length;
    }
    row("trained weights", subject, count, worst, WEIGHT, "");
  }

  private void row(
      String check, String subject, long count, double worst, double tolerance, String unit) {
    out.accept(
        new Row(
            check,
            subject,
            count,
            String.format(Locale.ROOT, "%.1e", worst),
            String.format(Locale.ROOT, "%.0e%s", tolerance, unit),
            worst <= tolerance && count > 0));
  }
}
