// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.batch;

import io.grpc.Status;
import io.owlmesh.cli.option.ExitCode;
import io.owlmesh.cli.option.Home;
import io.owlmesh.cli.option.MeshFlag;
import io.owlmesh.client.AnswerFailed;
import io.owlmesh.client.ChatClient;
import io.owlmesh.client.Trace;
import io.owlmesh.core.OwlException;
import io.owlmesh.launcher.MeshException;
import io.owlmesh.proto.chat.v1.AnswerDone;
import io.owlmesh.proto.chat.v1.AnswerOptions;
import io.owlmesh.proto.chat.v1.DescribeResponse;
import io.owlmesh.trainer.monitor.ProgressBar;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
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
      "Answers are written as JSON lines; a second run asks only what has no answer yet."
    },
    sortOptions = false,
    footer = {
      "",
      "Exit code 1 if a row has no answer.",
      "Example: ./owl batch --input photos --question 'What is in it?' --output answers.jsonl"
    })
public final class BatchCommand implements Callable<Integer> {
  private static final Duration LIMIT = Duration.ofMinutes(10);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
  private static final int MAX_CONCURRENCY = 1_024;

  /** Behind everybody who waits for an answer. */
  private static final int PRIORITY = -100;

  private static final Set<Status.Code> WORTH_TRYING =
      Set.of(
          Status.Code.UNAVAILABLE,
          Status.Code.RESOURCE_EXHAUSTED,
          Status.Code.DEADLINE_EXCEEDED,
          Status.Code.ABORTED);

  private final Home home;
  private final Map<String, Long> counts = new TreeMap<>();
  private final AtomicReference<@Nullable Throwable> broken = new AtomicReference<>();

  @SuppressWarnings("NullAway.Init")
  @Spec
  private CommandSpec spec;

  @SuppressWarnings("NullAway.Init")
  @Option(
      names = "--input",
      required = true,
      paramLabel = "FILE|DIR",
      description = "JSON lines with a question and images each; or a folder of images.")
  private Path input;

  @SuppressWarnings("NullAway.Init")
  @Option(
      names = "--output",
      required = true,
      paramLabel = "FILE",
      description = "Where answers are added, as JSON lines.")
  private Path output;

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

  @Mixin private MeshFlag mesh = new MeshFlag();

  public BatchCommand(Home home) {
    this.home = home;
  }

  @Override
  public Integer call() throws IOException, MeshException, AnswerFailed, InterruptedException {
    require("--concurrency", concurrency, 1, MAX_CONCURRENCY);
    require("--retries", retries, 0, 1_000);
    require("--max-new-tokens", maxNewTokens, 1, 1 << 20);
    AnswerOptions.Builder options =
        AnswerOptions.newBuilder()
            .setMaxNewTokens(maxNewTokens)
            .setTemperature(0)
            .setPriority(PRIORITY);
    adapter.ifPresent(options::setAdapter);
    BatchInput rows = new BatchInput(input, question, questionColumn, imageColumn);
    try (ChatClient client = new ChatClient(mesh.address(home));
        BatchOutput answers = new BatchOutput(output)) {
      DescribeResponse served = client.describe(model, LIMIT);
      List<String> weights = served.getDigestsList();
      if (adapter.isEmpty()) {
        options.setAdapter(served.getDefaultAdapter()); // What it is now, whatever it becomes.
      }
      run(rows, new Asking(client, options.build(), weights, answers));
    }
    return report();
  }

  private void require(String name, int value, int least, int most) {
    if (value < least || value > most) {
      throw new ParameterException(
          spec.commandLine(), "%s must be %d to %d, not %d.".formatted(name, least, most, value));
    }
  }

  /** What all rows are asked with. */
  private record Asking(
      ChatClient client, AnswerOptions options, List<String> weights, BatchOutput answers) {}

  private void run(BatchInput rows, Asking asking) throws IOException, InterruptedException {
    long all = rows.count();
    CallBudget budget = new CallBudget(concurrency);
    ProgressBar bar = new ProgressBar(spec.commandLine().getErr(), ProgressBar.onTerminal());
    try (Stream<BatchRow> stream = rows.rows();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (BatchRow row : (Iterable<BatchRow>) stream::iterator) {
        budget.take();
        if (broken.get() != null) {
          break;
        }
        threads.execute(() -> {
          boolean answered = false;
          try {
            answered = ask(row, asking, budget);
          } catch (IOException | RuntimeException | OutOfMemoryError e) {
            broken.compareAndSet(null, e);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          } finally {
            budget.giveBack(answered);
            draw(bar, all);
          }
        });
      }
    }
    bar.end();
    Throwable why = broken.get();
    if (why != null) {
      throw OwlException.badInput("--output", why.toString());
    }
  }

  private void draw(ProgressBar bar, long all) {
    synchronized (counts) {
      long done = counts.values().stream().mapToLong(Long::longValue).sum();
      bar.draw("", (double) done / Math.max(all, 1), "%d of %d".formatted(done, all));
    }
  }

  private boolean ask(BatchRow row, Asking asking, CallBudget budget)
      throws IOException, InterruptedException {
    BatchRow.Loaded loaded;
    try {
      loaded = row.load();
    } catch (IOException e) {
      asking.answers().failed(row, "", List.of(), "IMAGE", String.valueOf(e.getMessage()));
      count("image cannot be read");
      return false;
    }
    String key = loaded.key(asking.weights(), asking.options());
    if (asking.answers().has(key)) {
      count("answered before");
      return false;
    }
    for (int attempt = 0; ; attempt++) {
      StringBuilder text = new StringBuilder();
      AnswerDone.Builder done = AnswerDone.newBuilder();
      try {
        asking
            .client()
            .answer(
                loaded.request().to(model),
                asking.options(),
                LIMIT,
                Trace.begin(),
                event -> {
                  text.append(event.getText().getText());
                  if (event.hasDone()) {
                    done.mergeFrom(event.getDone());
                  }
                })
            .await();
        asking.answers().answered(loaded, key, text.toString(), done.build(), asking.weights());
        count("answered");
        return true;
      } catch (AnswerFailed e) {
        if (e.code() == Status.Code.RESOURCE_EXHAUSTED) {
          budget.refused();
        }
        if (!WORTH_TRYING.contains(e.code()) || attempt == retries) {
          asking
              .answers()
              .failed(row, key, loaded.digests(), e.code().name(), String.valueOf(e.getMessage()));
          count(e.code().name());
          return false;
        }
        pause(attempt);
      }
    }
  }

  /** Longer from time to time, and never as long as another's. */
  private static void pause(int attempt) throws InterruptedException {
    long most = Math.min(LONGEST_PAUSE.toMillis(), 250L << Math.min(attempt, 16));
    TimeUnit.MILLISECONDS.sleep(
        most / 2 + java.util.concurrent.ThreadLocalRandom.current().nextLong(most / 2 + 1));
  }

  private void count(String what) {
    synchronized (counts) {
      counts.merge(what, 1L, Long::sum);
    }
  }

  private int report() {
    PrintWriter out = spec.commandLine().getOut();
    counts.forEach((what, count) -> out.printf(Locale.ROOT, "%,10d %s%n", count, what));
    out.flush();
    return Set.of("answered", "answered before").containsAll(counts.keySet()) ? 0 : ExitCode.FAILED;
  }
}
