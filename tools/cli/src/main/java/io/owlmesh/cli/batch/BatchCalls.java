// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.batch;

import io.grpc.Status;
import io.owlmesh.client.AnswerFailed;
import io.owlmesh.core.OwlException;
import io.owlmesh.trainer.monitor.ProgressBar;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The calls of a batch: few in flight, and again what may go well later. */
final class BatchCalls {
  static final Duration LIMIT = Duration.ofMinutes(10);

  private static final Set<Status.Code> WORTH_TRYING =
      Set.of(
          Status.Code.UNAVAILABLE,
          Status.Code.RESOURCE_EXHAUSTED,
          Status.Code.DEADLINE_EXCEEDED,
          Status.Code.ABORTED);

  private final RowWork work;
  private final String model;
  private final BatchOutput answers;
  private final int retries;
  private final ProgressBar bar;
  private final Map<String, Long> counts = new TreeMap<>();
  private final AtomicReference<@Nullable Throwable> broken = new AtomicReference<>();

  /**
   * @param retries how often a call is made again
   */
  BatchCalls(RowWork work, BatchOutput answers, int retries, ProgressBar bar) {
    this.work = work;
    this.model = work.model();
    this.answers = answers;
    this.retries = retries;
    this.bar = bar;
  }

  /**
   * Asks all rows.
   *
   * @param concurrency calls in flight at most
   * @return how many rows ended how
   * @throws OwlException BAD_INPUT, field {@code --output}, if answers cannot be kept
   */
  Map<String, Long> run(BatchInput rows, int concurrency) throws IOException, InterruptedException {
    long all = rows.count();
    CallBudget budget = new CallBudget(concurrency);
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
            answered = ask(row, budget);
          } catch (IOException | RuntimeException | OutOfMemoryError e) {
            broken.compareAndSet(null, e);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          } finally {
            budget.giveBack(answered);
            draw(all);
          }
        });
      }
    }
    bar.end();
    Throwable why = broken.get();
    if (why instanceof OwlException ours) {
      throw ours;
    }
    if (why != null) {
      throw OwlException.badInput("--output", why.toString());
    }
    synchronized (counts) {
      return new TreeMap<>(counts);
    }
  }

  private void draw(long all) {
    synchronized (counts) {
      if (all == 0) {
        return;
      }
      long done = counts.values().stream().mapToLong(Long::longValue).sum();
      bar.draw("", (double) done / all, "%d of %d".formatted(done, all));
    }
  }

  private boolean ask(BatchRow row, CallBudget budget) throws IOException, InterruptedException {
    BatchRow.Loaded loaded;
    try {
      loaded = row.load();
    } catch (IOException e) {
      answers.failed(row, "", List.of(), "IMAGE", String.valueOf(e.getMessage()));
      count("image cannot be read");
      return false;
    }
    String key = loaded.key(model);
    if (answers.has(key)) {
      count("answered before");
      return false;
    }
    for (int attempt = 0; ; attempt++) {
      try {
        work.run(loaded, key);
        count("answered");
        return true;
      } catch (AnswerFailed e) {
        if (e.code() == Status.Code.RESOURCE_EXHAUSTED) {
          budget.refused();
        }
        if (!WORTH_TRYING.contains(e.code()) || attempt == retries) {
          answers.failed(
              row, key, loaded.digests(), e.code().name(), String.valueOf(e.getMessage()));
          count(e.code().name());
          return false;
        }
        CallBudget.pause(attempt, e.retryAfter());
      }
    }
  }

  private void count(String what) {
    synchronized (counts) {
      counts.merge(what, 1L, Long::sum);
    }
  }
}
