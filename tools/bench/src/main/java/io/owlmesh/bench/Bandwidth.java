// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongSupplier;

/**
 * How fast this machine reads its memory. Decoding reads all weights for every token, so this is
 * what no engine can beat.
 */
public final class Bandwidth {
  /** The first ones are slow: the loop is not yet compiled. */
  private static final int PASSES = 8;

  private static final long PAGE = 4096;

  private Bandwidth() {}

  /**
   * The best of several passes over a buffer, bytes per second.
   *
   * @param bytes size of the buffer; must be much larger than the caches
   * @param threads that read parts of it at the same time
   */
  public static double measure(long bytes, int threads) throws InterruptedException {
    return measure(bytes, threads, System::nanoTime);
  }

  /** The same by a clock of nanoseconds. */
  static double measure(long bytes, int threads, LongSupplier clock) throws InterruptedException {
    long part = bytes / threads / PAGE * PAGE;
    try (Arena arena = Arena.ofShared();
        ExecutorService readers = Executors.newFixedThreadPool(threads)) {
      List<Callable<Long>> parts = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        MemorySegment own = arena.allocate(part, PAGE);
        parts.add(() -> sum(own));
      }
      double best = 0;
      for (int pass = 0; pass < PASSES; pass++) {
        long begin = clock.getAsLong();
        checkAll(readers.invokeAll(parts));
        best = Math.max(best, part * threads * 1e9 / (clock.getAsLong() - begin));
      }
      return best;
    }
  }

  private static void checkAll(List<Future<Long>> sums) throws InterruptedException {
    for (Future<Long> sum : sums) {
      try {
        // Zeros sum up to zero; looking at it keeps the compiler from dropping the loop.
        if (sum.get() != 0) {
          throw new IllegalStateException("memory that was zeroed is not");
        }
      } catch (ExecutionException impossible) {
        throw new IllegalStateException(impossible);
      }
    }
  }

  /**
   * Four readers a thread, a quarter of the buffer each: one alone waits for memory more than it
   * reads.
   */
  static long sum(MemorySegment part) {
    long a = 0;
    long b = 0;
    long c = 0;
    long d = 0;
    long quarter = part.byteSize() / Long.BYTES / 4;
    for (long i = 0; i < quarter; i++) {
      a += part.getAtIndex(ValueLayout.JAVA_LONG, i);
      b += part.getAtIndex(ValueLayout.JAVA_LONG, i + quarter);
      c += part.getAtIndex(ValueLayout.JAVA_LONG, i + 2 * quarter);
      d += part.getAtIndex(ValueLayout.JAVA_LONG, i + 3 * quarter);
    }
    return a + b + c + d;
  }
}
