// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.workers;

import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.trainer.training.Optimiser;
import io.owlmesh.trainer.training.TrainableModel;
import io.owlmesh.trainer.workers.ShardTree.Node;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Adds up what the shards of a step learnt, at all workers, and changes the weights by it. Each
 * worker adds the gradients of the tensors that it keeps the moments of, along {@link ShardTree},
 * updates those, and gives the new weights to all (ZeRO stage 1). So every weight is the same bits
 * however many workers there are.
 */
public final class SharedUpdate {
  private final WorkerGroup workers;
  private final ShardTree tree;
  private final TrainableModel network;
  private final SharedTensors tensors;
  private final TensorShares shares;

  /**
   * Shares the optimizer's work out.
   *
   * @throws OwlException BAD_INPUT if there are more workers than shards or tensors that learn
   */
  public SharedUpdate(WorkerGroup workers, ShardTree tree, TrainableModel network) {
    if (workers.size() > tree.shards()) {
      throw OwlException.badInput(
          "shards", "%d for %d workers".formatted(tree.shards(), workers.size()));
    }
    this.workers = workers;
    this.tree = tree;
    this.network = network;
    this.tensors = new SharedTensors(workers, network);
    this.shares = tensors.shares();
    network.own(shares.from(workers.rank()), shares.to(workers.rank()));
  }

  /**
   * Learns from this worker's shards, one after the other.
   *
   * @param hasWork whether a shard has anything to learn
   * @param learn adds the gradients of a shard to the network's
   * @return for each of {@link ShardTree#of}, gradients of all tensors one behind the other; null
   *     if none of its shards had anything
   */
  public List<@Nullable ByteBuffer> learn(IntPredicate hasWork, IntConsumer learn) {
    List<@Nullable ByteBuffer> sums = new ArrayList<>();
    for (Node node : tree.of(workers.rank(), workers.size())) {
      sums.add(
          ShardTree.sum(
              node,
              shard -> {
                if (!hasWork.test(shard)) {
                  return null;
                }
                learn.accept(shard);
                return gradients();
              },
              SharedUpdate::add));
    }
    return sums;
  }

  private ByteBuffer gradients() {
    ByteBuffer flat = tensors.room(0, tensors.count());
    for (int i = 0; i < tensors.count(); i++) {
      flat.put(network.gradient(i).bytes());
    }
    network.forgetGradients();
    return flat.flip();
  }

  /** Adds the right numbers to the left ones, in place. */
  static ByteBuffer add(ByteBuffer left, ByteBuffer right) {
    FloatBuffer to = SharedTensors.floats(left);
    FloatBuffer from = SharedTensors.floats(right);
    for (int i = 0; i < to.limit(); i++) {
      to.put(i, to.get(i) + from.get(i));
    }
    return left;
  }

  /**
   * Changes the weights at all workers.
   *
   * @param sums what {@link #learn} gave
   * @return the norm of the whole gradient before clipping
   * @throws OwlException UNAVAILABLE if a worker is gone
   */
  public double update(List<@Nullable ByteBuffer> sums, Optimiser optimiser, double rate) {
    reduce(workers.exchange(parts(sums)));
    double norm = network.update(optimiser, rate, allNorms());
    network.forgetGradients();
    tensors.spread();
    return norm;
  }

  /** To each worker, of each sum the tensors that it updates; what is not there is one byte. */
  private List<List<ByteBuffer>> parts(List<@Nullable ByteBuffer> sums) {
    List<List<ByteBuffer>> parts = new ArrayList<>();
    int offset = 0;
    for (int rank = 0; rank < workers.size(); rank++) {
      int bytes = tensors.bytesOf(rank);
      List<ByteBuffer> own = new ArrayList<>();
      for (ByteBuffer sum : sums) {
        own.add(
            sum == null
                ? ByteBuffer.allocateDirect(1)
                : sum.slice(offset, bytes).order(ByteOrder.LITTLE_ENDIAN));
      }
      parts.add(own);
      offset += bytes;
    }
    return parts;
  }

  private void reduce(List<List<ByteBuffer>> given) {
    Map<Node, ByteBuffer> sums = new HashMap<>();
    for (int rank = 0; rank < workers.size(); rank++) {
      List<Node> nodes = tree.of(rank, workers.size());
      for (int i = 0; i < nodes.size(); i++) {
        ByteBuffer sum = given.get(rank).get(i);
        if (sum.remaining() > 1) {
          sums.put(nodes.get(i), sum);
        }
      }
    }
    ByteBuffer all = tree.sum(sums::get, workers.size(), SharedUpdate::add);
    int offset = 0;
    for (int i = shares.from(workers.rank()); i < shares.to(workers.rank()); i++) {
      int bytes = tensors.bytes(i, i + 1);
      if (all != null) {
        // The engine computes with this memory from now on, so that it is never used again.
        network.setGradient(i, all.slice(offset, bytes));
      }
      offset += bytes;
    }
  }

  private float[] allNorms() {
    List<ByteBuffer> given = workers.gather(buffer(network.norms()));
    float[] norms = new float[tensors.count()];
    for (int rank = 0; rank < workers.size(); rank++) {
      SharedTensors.floats(given.get(rank))
          .get(norms, shares.from(rank), shares.to(rank) - shares.from(rank));
    }
    return norms;
  }

  private static ByteBuffer buffer(float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes;
  }

  /**
   * The optimizer's state of all workers' tensors.
   *
   * @return at rank 0 by name, as {@link TrainableModel#state}; elsewhere empty
   */
  public Map<String, HostTensor> gatherMoments() {
    return Moments.gather(workers, network.moments());
  }

  /** What each worker says, by rank, in few bytes. */
  static List<List<ByteBuffer>> toMaster(WorkerGroup workers, List<ByteBuffer> own) {
    List<List<ByteBuffer>> toEach = new ArrayList<>(Collections.nCopies(workers.size(), List.of()));
    toEach.set(0, own);
    return workers.exchange(toEach);
  }
}
