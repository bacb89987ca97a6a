// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.data;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Batches in the order of their steps, read ahead while others are computed with. A batch is a
 * function of its step, however many threads read.
 */
public final class Batches implements AutoCloseable {
  private static final int AHEAD = 4;

  private final Mixture mixture;
  private final SampleEncoder encoder;
  private final int batchSize;
  private final int from;
  private final int to;
  private final ExecutorService readers;
  private final BlockingQueue<Future<List<EncodedSample>>> queue = new ArrayBlockingQueue<>(AHEAD);
  private volatile boolean closed;
  private long step;

  /**
   * @param first step whose batch comes first
   * @param threads that read, at least 1
   */
  public Batches(Mixture mixture, SampleEncoder encoder, int batchSize, long first, int threads) {
    this(mixture, encoder, batchSize, first, threads, 0, batchSize);
  }

  /**
   * As above, but of each batch only some samples.
   *
   * @param from the first of a batch
   * @param to the one after the last
   */
  public Batches(
      Mixture mixture,
      SampleEncoder encoder,
      int batchSize,
      long first,
      int threads,
      int from,
      int to) {
    this.from = from;
    this.to = to;
    this.mixture = mixture;
    this.encoder = encoder;
    this.batchSize = batchSize;
    this.step = first;
    this.readers =
        Executors.newFixedThreadPool(
            threads, Thread.ofPlatform().name("data-", 0).daemon(true).factory());
    for (int i = 0; i < AHEAD; i++) {
      ask();
    }
  }

  private void ask() {
    long own = step++;
    queue.add(readers.submit(() -> batch(own)));
  }

  private List<EncodedSample> batch(long own) {
    List<EncodedSample> samples = new ArrayList<>(to - from);
    long first = own * batchSize;
    for (long number = first + from; number < first + to && !closed; number++) {
      samples.add(mixture.draw(number, encoder));
    }
    return samples;
  }

  /**
   * The batch of the next step.
   *
   * @throws io.owlmesh.core.OwlException BAD_INPUT if the data cannot be used
   */
  public List<EncodedSample> next() {
    try {
      List<EncodedSample> batch = queue.take().get();
      ask();
      return batch;
    } catch (java.util.concurrent.ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new CompletionException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for data", e);
    }
  }

  /**
   * Nothing is read any more when this returns. Readers are not interrupted: an interrupt closes
   * the file channel that a thread reads from, for all who share it.
   */
  @Override
  public void close() {
    closed = true;
    readers.close();
  }
}
