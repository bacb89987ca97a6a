// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.workers;

import io.owlmesh.core.Fault;
import io.owlmesh.core.OwlException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** Small things that all workers must know of each other. */
public final class Agreement {
  /** Network file systems show what others wrote some seconds later. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final int LOOK_MILLIS = 100;

  private Agreement() {}

  /**
   * What the workers know of a step before it is learnt.
   *
   * @param targets tokens that are learnt, of all shards
   * @param tokens of all samples
   * @param stopped whether any worker was told to stop
   */
  public record Step(long targets, long tokens, boolean stopped) {}

  /** Adds up what all workers know of a step. */
  public static Step step(WorkerGroup workers, long targets, long tokens, boolean stopped) {
    ByteBuffer own = ByteBuffer.allocateDirect(24).order(ByteOrder.LITTLE_ENDIAN);
    own.putLong(targets).putLong(tokens).putLong(stopped ? 1 : 0).flip();
    long all = 0;
    long allTokens = 0;
    boolean any = false;
    for (ByteBuffer one : workers.gather(own)) {
      ByteBuffer numbers = one.duplicate().order(ByteOrder.LITTLE_ENDIAN);
      all += numbers.getLong();
      allTokens += numbers.getLong();
      any |= numbers.getLong() != 0;
    }
    return new Step(all, allTokens, any);
  }

  /**
   * Numbers of all shards.
   *
   * @param own of this worker's shards, in their order
   */
  public static List<Double> numbers(WorkerGroup workers, List<Double> own) {
    ByteBuffer mine =
        ByteBuffer.allocateDirect(Double.BYTES * own.size()).order(ByteOrder.LITTLE_ENDIAN);
    own.forEach(mine::putDouble);
    List<Double> all = new ArrayList<>();
    for (ByteBuffer one : workers.gather(mine.flip())) {
      ByteBuffer numbers = one.duplicate().order(ByteOrder.LITTLE_ENDIAN);
      while (numbers.hasRemaining()) {
        all.add(numbers.getDouble());
      }
    }
    return all;
  }

  /**
   * All workers have the same.
   *
   * @param what it is, for people
   * @throws OwlException CONFLICT naming two that differ
   */
  public static void requireSame(WorkerGroup workers, String what, String own) {
    List<String> all = workers.gather(Moments.text(own)).stream().map(Moments::string).toList();
    for (int rank = 1; rank < all.size(); rank++) {
      if (!all.get(rank).equals(all.getFirst())) {
        throw new OwlException(
            Fault.CONFLICT,
            "workers",
            "%s of worker %d is %s, of worker 0 %s"
                .formatted(what, rank, all.get(rank), all.getFirst()));
      }
    }
  }

  /** What the first worker says. */
  public static boolean ofMaster(WorkerGroup workers, boolean own) {
    ByteBuffer mine = ByteBuffer.allocateDirect(1).put(0, (byte) (own ? 1 : 0));
    return workers.gather(mine).getFirst().get(0) != 0;
  }

  /** What makes or opens files. */
  @FunctionalInterface
  public interface FileWork<T> {
    T run() throws IOException;
  }

  /** The first worker does something, then all others do. */
  public static <T> T masterFirst(WorkerGroup workers, FileWork<T> work) throws IOException {
    if (workers.rank() > 0) {
      workers.await();
      return work.run();
    }
    T done = work.run();
    workers.await();
    return done;
  }

  /**
   * All workers reach the same folder: they find there what the first one wrote.
   *
   * @throws OwlException BAD_INPUT, field {@code output}, naming a worker that does not
   */
  public static void requireSharedFolder(WorkerGroup workers, Path folder) throws IOException {
    requireSharedFolder(workers, folder, PATIENCE);
  }

  /** As the other, for workers that look for so long. */
  static void requireSharedFolder(WorkerGroup workers, Path folder, Duration patience)
      throws IOException {
    Path mark = folder.resolve("job.mark");
    String own = "";
    if (workers.rank() == 0) {
      own = UUID.randomUUID().toString();
      Files.writeString(mark, own);
    }
    String first = Moments.string(workers.gather(Moments.text(own)).getFirst());
    boolean found = holds(mark, first, patience);
    List<ByteBuffer> all =
        workers.gather(ByteBuffer.allocateDirect(1).put(0, (byte) (found ? 1 : 0)));
    for (int rank = 0; rank < all.size(); rank++) {
      if (all.get(rank).get(0) == 0) {
        throw OwlException.badInput(
            "output",
            "%s of worker %d is not the folder of worker 0: all must reach the same files"
                .formatted(folder, rank));
      }
    }
  }

  private static boolean holds(Path file, String text, Duration patience) throws IOException {
    long end = System.nanoTime() + patience.toNanos();
    try {
      while (!Files.exists(file) || !Files.readString(file).equals(text)) {
        if (System.nanoTime() > end) {
          return false;
        }
        TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
      }
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** Counts of all workers together, by name. */
  public static Map<String, Long> counts(WorkerGroup workers, Map<String, Long> own) {
    StringBuilder text = new StringBuilder();
    own.forEach((name, count) -> text.append(name).append('\t').append(count).append('\n'));
    Map<String, Long> all = new TreeMap<>();
    for (ByteBuffer one : workers.gather(Moments.text(text.toString()))) {
      Moments.string(one)
          .lines()
          .filter(line -> !line.isBlank())
          .map(line -> line.split("\t", 2))
          .forEach(pair -> all.merge(pair[0], Long.parseLong(pair[1]), Long::sum));
    }
    return all;
  }
}
