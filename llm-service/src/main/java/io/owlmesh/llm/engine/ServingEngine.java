// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import io.owlmesh.core.ErrorCode;
import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import io.owlmesh.llm.speculation.MeasuredStepTimes;
import io.owlmesh.llm.speculation.Speculation;
import io.owlmesh.llm.speculation.StepTimes;
import io.owlmesh.runtime.language.LanguageModel;
import io.owlmesh.stage.HeldNames;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * The one thread that owns a language model: computes step after step for all answers together.
 * Requests come and go between steps; a cancelled one frees its place before the next.
 */
public final class ServingEngine implements AutoCloseable {
  // How long a thread sleeps whose readers are all slow.
  private static final long NAP_MILLIS = 2;

  private final LanguageModel model;
  private final SchedulerConfig limits;
  private final EngineCounts counts = new EngineCounts();
  private final Scheduler scheduler;
  private final BlockingQueue<Runnable> inbox = new LinkedBlockingQueue<>();
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicInteger arriving = new AtomicInteger();
  private final AtomicLong arrivingPositions = new AtomicLong();
  private final AtomicLong arrivals = new AtomicLong();
  private final Thread owner;
  private volatile boolean draining;
  private volatile boolean closing;

  /**
   * Starts the thread. The model is its own from here on.
   *
   * @param held told which named beginnings of prompts are in the cache
   */
  public ServingEngine(LanguageModel model, SchedulerConfig limits, HeldNames held) {
    this(model, limits, held, new MeasuredStepTimes());
  }

  /**
   * @param times by which it is decided whether proposed ids are worth computing
   */
  ServingEngine(LanguageModel model, SchedulerConfig limits, HeldNames held, StepTimes times) {
    this.model = model;
    this.limits = limits;
    this.scheduler =
        new Scheduler(
            model, limits, counts, held, new Speculation(limits.speculativeTokens(), times));
    this.owner = Thread.ofPlatform().name("language-model-engine").daemon(true).start(this::run);
  }

  /**
   * Queues a request. What follows is told to its listener, on the engine's thread.
   *
   * @throws OwlException SATURATED if too many wait, BAD_INPUT if it can never fit, UNAVAILABLE if
   *     the engine is stopping
   */
  public void submit(EngineRequest request) {
    if (draining) {
      throw stopping();
    }
    long positions = (long) request.prompt().length() + request.maxTokens();
    long room = (long) scheduler.blocks().count() * BlockManager.SIZE;
    if (positions > room) {
      throw new OwlException(
          ErrorCode.CONTEXT_LENGTH_EXCEEDED,
          "prompt",
          positions + " positions with the answer, but the cache has " + room);
    }
    int sequences = request.strategy().sequences();
    if (sequences > limits.maxSequences()) {
      throw OwlException.badInput(
          request.strategy() instanceof DecodingStrategy.Beams ? "beams" : "n",
          sequences + ", but " + limits.maxSequences() + " sequences are written at a time");
    }
    if (open.incrementAndGet() > limits.queue() + limits.maxSequences()) {
      open.decrementAndGet();
      throw new OwlException(
          Fault.SATURATED,
          "",
          "%d answers are in work and %d wait, which is the limit"
              .formatted(limits.maxSequences(), limits.queue()));
    }
    long submitted = System.nanoTime();
    arriving.incrementAndGet();
    arrivingPositions.addAndGet(request.prompt().length());
    inbox.add(() -> begin(request, submitted));
  }

  private void begin(EngineRequest request, long submitted) {
    try {
      scheduler.add(
          SequenceGroup.of(
              request, model, arrivals.incrementAndGet(), submitted, open::decrementAndGet));
    } catch (RuntimeException e) {
      request.listener().failed(e);
      open.decrementAndGet();
    } finally {
      arriving.decrementAndGet();
      arrivingPositions.addAndGet(-request.prompt().length());
    }
  }

  /** Runs something between two steps. */
  public <T> CompletableFuture<T> execute(Supplier<T> work) {
    CompletableFuture<T> result = new CompletableFuture<>();
    inbox.add(() -> {
      try {
        result.complete(work.get());
      } catch (RuntimeException | OutOfMemoryError e) {
        result.completeExceptionally(e);
      }
    });
    return result;
  }

  private void run() {
    boolean worked = true;
    long awake = System.nanoTime();
    while (!closing) {
      try {
        Runnable next =
            scheduler.isIdle()
                ? inbox.take()
                : worked ? inbox.poll() : inbox.poll(NAP_MILLIS, TimeUnit.MILLISECONDS);
        awake = System.nanoTime();
        while (next != null) {
          next.run();
          next = inbox.poll();
        }
      } catch (InterruptedException e) {
        break; // Only close() interrupts.
      }
      worked = scheduler.isIdle() || scheduler.step();
      counts.busy(System.nanoTime() - awake);
    }
    scheduler.abandon(stopping());
    for (Runnable left = inbox.poll(); left != null; left = inbox.poll()) {
      left.run();
    }
    scheduler.abandon(stopping());
    scheduler.close();
  }

  private static OwlException stopping() {
    return new OwlException(Fault.UNAVAILABLE, "", "the language model is stopping");
  }

  public SchedulerConfig limits() {
    return limits;
  }

  public EngineCounts counts() {
    return counts;
  }

  /** Requests that the thread has not seen yet, beside those that {@link #counts} tells of. */
  public int arriving() {
    return arriving.get();
  }

  /** Positions of their prompts. */
  public long arrivingPositions() {
    return arrivingPositions.get();
  }

  /** Refuses what is new, and waits for what runs. */
  public void drain(long timeoutNanos) throws InterruptedException {
    draining = true;
    long end = System.nanoTime() + timeoutNanos;
    while (open.get() > 0 && System.nanoTime() - end < 0) {
      TimeUnit.MILLISECONDS.sleep(5);
    }
  }

  /** Fails what is left, and ends the thread. */
  @Override
  public void close() {
    draining = true;
    closing = true;
    owner.interrupt();
    try {
      owner.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
