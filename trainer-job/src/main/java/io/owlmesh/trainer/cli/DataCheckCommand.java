// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.cli;

import io.owlmesh.core.Columns;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.text.Tokenizer;
import io.owlmesh.trainer.data.Augmentation;
import io.owlmesh.trainer.data.BadSample;
import io.owlmesh.trainer.data.Cutting;
import io.owlmesh.trainer.data.DataReport;
import io.owlmesh.trainer.data.EncodedSample;
import io.owlmesh.trainer.data.SampleEncoder;
import io.owlmesh.trainer.data.SampleSource;
import io.owlmesh.trainer.data.SampleSources;
import io.owlmesh.trainer.data.TrainingSample;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Reads a data set as training would, and reports what it could not use. */
@Command(
    name = "check",
    description = "Reads every sample as training would and counts what cannot be used, and why.",
    sortOptions = false,
    footer = {"", "Exit code 1 if no sample can be used."})
final class DataCheckCommand implements Callable<Integer> {
  private static final int EVERY = 10_000;

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @SuppressWarnings("NullAway.Init")
  @Parameters(
      paramLabel = "FILE",
      description = "A JSONL file, or tar shards such as 'align-*.tar' (in quotes).")
  private String file;

  @SuppressWarnings("NullAway.Init")
  @Option(
      names = "--tokenizer",
      required = true,
      paramLabel = "DIR",
      description = "Checkpoint whose tokeniser and dimensions decide what fits.")
  private Path tokenizer;

  @Option(names = "--max-length", paramLabel = "M", description = "Tokens of a sample at most.")
  private int maxLength = 2048;

  @Option(
      names = "--images",
      paramLabel = "DIR",
      description = "Folder of the images (default: the file's own).")
  private Optional<Path> images = Optional.empty();

  private final DataReport report = new DataReport();
  private final List<Integer> lengths = new ArrayList<>();
  private final Map<String, Integer> labels = new TreeMap<>();
  private long targets;
  private long pictures;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    Checkpoint checkpoint = Checkpoint.open(tokenizer);
    SampleEncoder encoder =
        new SampleEncoder(
            Tokenizer.open(tokenizer),
            checkpoint.config(),
            maxLength,
            Augmentation.NONE,
            Cutting.AUTHORS);
    try (SampleSource source = SampleSources.open(file, images)) {
      for (int i = 0; i < source.size(); i++) {
        try {
          TrainingSample sample = source.read(i);
          count(sample, encoder.encode(sample, new SplittableRandom(0)));
        } catch (BadSample e) {
          report.add(e);
        }
        if ((i + 1) % EVERY == 0) {
          out.println((i + 1) + " of " + source.size());
          out.flush();
        }
      }
      print(out, source.size());
    }
    return lengths.isEmpty() ? 1 : 0;
  }

  private void count(TrainingSample sample, EncodedSample encoded) {
    lengths.add(encoded.length());
    targets += encoded.targets();
    pictures += encoded.pixels().size();
    for (String label : List.of("task_type", "skill", "language")) {
      String value = sample.labels().get(label);
      if (value != null) {
        labels.merge(label + " " + value, 1, Integer::sum);
      }
    }
  }

  private void print(PrintWriter out, int samples) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("samples", number(samples)));
    rows.add(List.of("usable", number(lengths.size())));
    report.byReason().forEach((reason, count) -> rows.add(List.of(reason, number(count))));
    rows.add(List.of("images", number(pictures)));
    rows.add(List.of("trained targets", number(targets)));
    if (!lengths.isEmpty()) {
      Collections.sort(lengths);
      rows.add(
          List.of(
              "length min, median, p99, max",
              "%d, %d, %d, %d"
                  .formatted(
                      lengths.getFirst(),
                      lengths.get(lengths.size() / 2),
                      lengths.get((int) (lengths.size() * 0.99)),
                      lengths.getLast())));
    }
    labels.forEach((label, count) -> rows.add(List.of(label, number(count))));
    out.println(new Columns(rows));
    report.examples().forEach(out::println);
    out.flush();
  }

  private static String number(long count) {
    return String.format(Locale.ROOT, "%,12d", count);
  }
}
