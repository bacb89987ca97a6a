// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.vector;

import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Optional;

/** Multiplies few rows with matrices on several threads. Used by one thread at a time. */
public final class RowEngine implements AutoCloseable {
  private static final String MODULE = "jdk.incubator.vector";
  // Rows of a matrix that one thread takes at a time.
  private static final int PIECE = 64;

  // Of the thread's own time: the compiler has as much, however many others share the cores.
  private static final long WARM_UP_NANOS = 2_000_000_000;
  // Numbers a nanosecond: compiled kernels multiply 10 or more, others less than 0.01.
  private static final double COMPILED = 1;

  private final Team team;

  private RowEngine(Team team) {
    this.team = team;
  }

  /**
   * An engine, or none where the JVM runs without the module of vectors ({@code --add-modules
   * jdk.incubator.vector}) or on a processor with short ones.
   *
   * @param threads that work, with the caller's
   */
  public static Optional<RowEngine> of(int threads) {
    // Only then the classes of the module may be touched.
    boolean there = ModuleLayer.boot().findModule(MODULE).isPresent();
    return there && Lanes.works()
        ? Optional.of(new RowEngine(new Team(threads)))
        : Optional.empty();
  }

  /**
   * Runs the kernels with a matrix until the JVM has compiled them, for six seconds of this
   * thread's time at most.
   *
   * @return whether it has: a JVM without its optimising compiler is a thousand times slower
   */
  public boolean warmUp(RowMatrix matrix) {
    int part = Math.min(PIECE, matrix.out());
    for (int rows : new int[] {1, 2, RowProducts.GROUP}) {
      List<RowProducts.Group> x =
          RowProducts.groups(new float[rows * matrix.in()], rows, matrix.in(), matrix.narrow());
      float[] y = new float[rows * matrix.out()];
      double numbers = (double) part * matrix.in();
      long end = ownTime() + WARM_UP_NANOS;
      double best = 0;
      while (best < COMPILED) {
        if (ownTime() > end) {
          return false;
        }
        long begin = System.nanoTime();
        multiply(x, matrix, 0, part, y);
        best = Math.max(best, numbers * rows / (System.nanoTime() - begin));
      }
    }
    return true;
  }

  /** What the processor spent on this thread, nanoseconds; where nobody counts it, the clock. */
  private static long ownTime() {
    long time = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    return time < 0 ? System.nanoTime() : time;
  }

  /** Numbers of columns, or of channels of a head, that can be worked with: multiples of it. */
  public int columns() {
    return Lanes.COLUMNS;
  }

  /** Shares out work. */
  public void share(int pieces, Team.Work work) {
    team.run(pieces, work);
  }

  /**
   * {@code y = x w'} for several matrices of equal columns.
   *
   * @param x [rows, in]
   * @param ys [rows, out] of each matrix
   */
  public void multiply(float[] x, int rows, List<RowMatrix> matrices, List<float[]> ys) {
    int[] ends = new int[matrices.size()];
    int pieces = 0;
    boolean narrow = false;
    boolean wide = false;
    for (int i = 0; i < ends.length; i++) {
      pieces += pieces(matrices.get(i));
      ends[i] = pieces;
      narrow |= matrices.get(i).narrow();
      wide |= !matrices.get(i).narrow();
    }
    int in = matrices.getFirst().in();
    List<RowProducts.Group> forBytes = narrow ? RowProducts.groups(x, rows, in, true) : List.of();
    List<RowProducts.Group> forPairs = wide ? RowProducts.groups(x, rows, in, false) : List.of();
    team.run(
        pieces,
        piece -> {
          int i = 0;
          while (piece >= ends[i]) {
            i++;
          }
          RowMatrix matrix = matrices.get(i);
          int from = (piece - (i == 0 ? 0 : ends[i - 1])) * PIECE;
          int to = Math.min(matrix.out(), from + PIECE);
          multiply(matrix.narrow() ? forBytes : forPairs, matrix, from, to, ys.get(i));
        });
  }

  private static int pieces(RowMatrix matrix) {
    return (matrix.out() + PIECE - 1) / PIECE;
  }

  private static void multiply(
      List<RowProducts.Group> groups, RowMatrix matrix, int from, int to, float[] y) {
    for (RowProducts.Group group : groups) {
      RowProducts.multiply(group, matrix, from, to, y);
    }
  }

  /** A query of one head laid out for {@link #scores}. */
  public static float[] query(float[] q, int offset, int head) {
    float[] laid = new float[head];
    Lanes.lay(q, offset, head, laid, 0, 1, false);
    return laid;
  }

  /**
   * Products of a query with keys [n, head] in bfloat16.
   *
   * @param query laid out
   * @param base first byte of the keys
   * @param scores n of them, from an offset on
   */
  public static void scores(
      float[] query, MemorySegment keys, long base, int n, float[] scores, int at) {
    Bfloat16Products.one(keys, base, query.length, query, 0, n, scores, at);
  }

  /**
   * Adds values [n, head] in bfloat16, each times its weight, to a row.
   *
   * @param base first byte of the values
   * @param weights from an offset on
   * @param y from an offset on
   */
  public static void mix(
      MemorySegment values,
      long base,
      int n,
      int head,
      float[] weights,
      int at,
      float[] y,
      int to) {
    Bfloat16Products.mix(values, base, n, head, weights, at, y, to);
  }

  @Override
  public void close() {
    team.close();
  }
}
