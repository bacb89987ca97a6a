// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.batch;

import io.owlmesh.cli.option.ExitCode;
import io.owlmesh.cli.option.Home;
import io.owlmesh.cli.option.MeshFlag;
import io.owlmesh.cli.option.StandardInput;
import io.owlmesh.client.AnswerFailed;
import io.owlmesh.client.ChatClient;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.proto.chat.v1.AnswerOptions;
import io.owlmesh.proto.chat.v1.DescribeResponse;
import io.owlmesh.trainer.cli.SparkFlags;
import io.owlmesh.trainer.monitor.ProgressBar;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Asks a running mesh many questions. */
@Command(
    name = "batch",
    description = {
      "Asks a running mesh the questions of a file, or one question about each image of a folder.",
      "Answers are written as JSON lines, or by Spark as Parquet; a second run asks only what has"
          + " no answer yet."
    },
    sortOptions = false,
    footer = {
      "",
      "Exit code 1 if a row has no answer.",
      "Example: ./owl batch --input photos --question 'What is in it?' --output answers.jsonl"
    })
public final class BatchCommand implements Callable<Integer> {
  private static final Duration LIMIT = Duration.ofMinutes(10);
  private static final int MAX_CONCURRENCY = 1_024;

  /** Behind everybody who waits for an answer. */
  private static final int PRIORITY = -100;

  private final Home home;
  private final StandardInput in;

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @SuppressWarnings("NullAway.Init")
  @Option(
      names = "--input",
      required = true,
      paramLabel = "FILE|DIR",
      description =
          "JSON lines with a question and images each, or - for standard input; a folder of images;"
              + " for Spark also Parquet.")
  private Path input;

  @SuppressWarnings("NullAway.Init")
  @Option(
      names = "--output",
      required = true,
      paramLabel = "FILE",
      description =
          "Where answers are added, as JSON lines; - for standard output; a folder that ends with"
              + " .parquet for Spark.")
  private Path output;

  @Option(
      names = "--output-kind",
      paramLabel = "KIND",
      description =
          "answers, or what the visual stages make of each image: visual-features or"
              + " visual-tokens (default: ${DEFAULT-VALUE}).")
  private String outputKind = OutputKind.ANSWERS.flag();

  @Option(names = "--question", paramLabel = "TEXT", description = "Of rows without their own.")
  private Optional<String> question = Optional.empty();

  @Option(
      names = "--question-column",
      paramLabel = "NAME",
      description = "Name of the question in a line (default: ${DEFAULT-VALUE}).")
  private String questionColumn = "question";

  @Option(
      names = "--image-column",
      paramLabel = "NAME",
      description = "Name of the image in a line, or of a list (default: ${DEFAULT-VALUE}).")
  private String imageColumn = "image";

  @Option(
      names = "--concurrency",
      paramLabel = "N",
      description =
          "Calls in flight at most; fewer while the mesh is full (default: ${DEFAULT-VALUE}).")
  private int concurrency = 16;

  @Option(
      names = "--retries",
      paramLabel = "N",
      description = "How often a call that may go well later is made again (default: 8).")
  private int retries = 8;

  @Option(
      names = "--max-new-tokens",
      paramLabel = "N",
      description = "Of an answer (default: ${DEFAULT-VALUE}).")
  private int maxNewTokens = 256;

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description = "Model that answers, as ./owl models names it (default: the mesh's).")
  private String model = "";

  @Option(names = "--adapter", paramLabel = "NAME", description = "LoRA to answer with.")
  private Optional<String> adapter = Optional.empty();

  @Mixin private SparkFlags spark = new SparkFlags();

  @Mixin private MeshFlag mesh = new MeshFlag();

  public BatchCommand(Home home, StandardInput in) {
    this.home = home;
    this.in = in;
  }

  @Override
  public Integer call() throws IOException, MeshException, AnswerFailed, InterruptedException {
    require("--concurrency", concurrency, 1, MAX_CONCURRENCY);
    require("--retries", retries, 0, 1_000);
    require("--max-new-tokens", maxNewTokens, 1, 1 << 20);
    OutputKind kind = OutputKind.of(outputKind);
    Optional<String> usual =
        kind == OutputKind.ANSWERS ? question : question.or(() -> Optional.of(""));
    BatchInput rows = new BatchInput(input, usual, questionColumn, imageColumn, in.stream());
    if (BatchOnSpark.isWanted(spark, output)) {
      return BatchOnSpark.ask(spark, rows, output, kind, concurrency, arguments());
    }
    try (ChatClient client = new ChatClient(mesh.address(home));
        BatchOutput answers = open()) {
      RowWork work = work(kind, client, answers);
      ProgressBar bar = new ProgressBar(spec.commandLine().getErr(), ProgressBar.onTerminal());
      return report(new BatchCalls(work, answers, retries, bar).run(rows, concurrency));
    }
  }

  private RowWork work(OutputKind kind, ChatClient client, BatchOutput answers)
      throws AnswerFailed {
    DescribeResponse served = client.describe(model, LIMIT);
    List<String> weights = served.getDigestsList();
    RowWork work;
    if (kind == OutputKind.ANSWERS) {
      AnswerOptions.Builder options =
          AnswerOptions.newBuilder()
              .setMaxNewTokens(maxNewTokens)
              .setTemperature(0)
              .setPriority(PRIORITY)
              // What it is now, whatever it becomes.
              .setAdapter(adapter.orElse(served.getDefaultAdapter()));
      work = new AskWork(client, model, options.build(), weights, answers);
    } else {
      List<String> own = weights.subList(0, Math.min(weights.size(), kind.parts()));
      work = new EncodeWork(client, model, kind, List.copyOf(own), answers);
    }
    answers.model(work.model(), weights);
    return work;
  }

  /** What tasks of Spark run, but for where rows come from and go to. */
  private List<String> arguments() throws IOException, MeshException {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                spec.name(),
                "--output-kind=" + outputKind,
                "--retries=" + retries,
                "--max-new-tokens=" + maxNewTokens,
                "--model=" + model,
                "--address=" + mesh.address(home)));
    adapter.ifPresent(name -> arguments.add("--adapter=" + name));
    return arguments;
  }

  private BatchOutput open() throws IOException {
    return BatchInput.isStandardInput(output)
        ? BatchOutput.of(spec.commandLine().getOut())
        : BatchOutput.of(output);
  }

  private void require(String name, int value, int least, int most) {
    if (value < least || value > most) {
      throw new ParameterException(
          spec.commandLine(), "%s must be %d to %d, not %d.".formatted(name, least, most, value));
    }
  }

  private int report(Map<String, Long> counts) {
    PrintWriter out =
        BatchInput.isStandardInput(output)
            ? spec.commandLine().getErr()
            : spec.commandLine().getOut();
    counts.forEach((what, count) -> out.printf(Locale.ROOT, "%,10d %s%n", count, what));
    out.flush();
    return Set.of("answered", "answered before").containsAll(counts.keySet()) ? 0 : ExitCode.FAILED;
  }
}
