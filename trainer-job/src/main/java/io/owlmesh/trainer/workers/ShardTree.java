// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.workers;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The order in which what a step's shards give is added: halves of halves, so that the same numbers
 * are added whoever adds them. A running sum would depend on who has which shards, since additions
 * of floating-point numbers do not associate.
 *
 * @param shards of a step, at least 1
 */
public record ShardTree(int shards) {
  /**
   * Shards from {@code from} up to but without {@code to} that are added together anyway.
   *
   * @param from the first
   * @param to the one after the last
   */
  public record Node(int from, int to) {
    boolean isLeaf() {
      return to - from == 1;
    }

    Node left() {
      return new Node(from, (from + to) >>> 1);
    }

    Node right() {
      return new Node((from + to) >>> 1, to);
    }
  }

  /** Adds two partial sums. */
  @FunctionalInterface
  public interface Addition<T> {
    T add(T left, T right);
  }

  /** The largest nodes that hold the shards of a worker and no others. */
  public List<Node> of(int rank, int workers) {
    List<Node> nodes = new ArrayList<>();
    collect(new Node(0, shards), new Node(first(rank, workers), first(rank + 1, workers)), nodes);
    return nodes;
  }

  /** The first shard of a worker. */
  public int first(int rank, int workers) {
    return (int) ((long) rank * shards / workers);
  }

  private static void collect(Node node, Node wanted, List<Node> found) {
    if (node.to() <= wanted.from() || node.from() >= wanted.to()) {
      return;
    }
    if (node.from() >= wanted.from() && node.to() <= wanted.to()) {
      found.add(node);
      return;
    }
    collect(node.left(), wanted, found);
    collect(node.right(), wanted, found);
  }

  /**
   * The sum of a node, one shard after the other.
   *
   * @param shard what a shard gives; null if it has nothing
   * @return null if no shard of it has anything
   */
  public static <T> @Nullable T sum(
      Node node, IntFunction<@Nullable T> shard, Addition<T> addition) {
    if (node.isLeaf()) {
      return shard.apply(node.from());
    }
    return add(sum(node.left(), shard, addition), sum(node.right(), shard, addition), addition);
  }

  /**
   * The sum of all from the sums of the nodes that workers gave.
   *
   * @param given the sum of a node that some worker has; called for those of {@link #of}
   * @param workers how many
   */
  public <T> @Nullable T sum(NodeSums<T> given, int workers, Addition<T> addition) {
    List<Node> known = new ArrayList<>();
    for (int rank = 0; rank < workers; rank++) {
      known.addAll(of(rank, workers));
    }
    return sum(new Node(0, shards), known, given, addition);
  }

  /** Sums that were given. */
  @FunctionalInterface
  public interface NodeSums<T> {
    @Nullable T of(Node node);
  }

  private static <T> @Nullable T sum(
      Node node, List<Node> known, NodeSums<T> given, Addition<T> addition) {
    if (known.contains(node)) {
      return given.of(node);
    }
    return add(
        sum(node.left(), known, given, addition),
        sum(node.right(), known, given, addition),
        addition);
  }

  private static <T> @Nullable T add(@Nullable T left, @Nullable T right, Addition<T> addition) {
    if (left == null) {
      return right;
    }
    return right == null ? left : addition.add(left, right);
  }
}
