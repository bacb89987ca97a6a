// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.workers;

import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.trainer.training.TrainableModel;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** The tensors that learn, float32, as workers share them out and give them to each other. */
final class SharedTensors {
  private final WorkerGroup workers;
  private final TrainableModel network;
  private final long[] sizes;
  private final TensorShares shares;

  /**
   * @throws OwlException BAD_INPUT if there are more workers than tensors that learn
   */
  SharedTensors(WorkerGroup workers, TrainableModel network) {
    this.workers = workers;
    this.network = network;
    this.sizes = network.sizes();
    this.shares = TensorShares.of(sizes, workers.size());
  }

  TensorShares shares() {
    return shares;
  }

  int count() {
    return sizes.length;
  }

  /**
   * Room for some of the tensors, one behind the other.
   *
   * @throws OwlException BAD_INPUT if it cannot be had in one piece
   */
  ByteBuffer room(int from, int to) {
    long bytes = 0;
    for (int i = from; i < to; i++) {
      bytes += sizes[i] * Float.BYTES;
    }
    if (bytes > Integer.MAX_VALUE - 8) {
      throw OwlException.badInput(
          "trains",
          "%d bytes that learn, at most 2 GiB are exchanged in one piece".formatted(bytes));
    }
    return ByteBuffer.allocateDirect((int) bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  ByteBuffer roomOf(int rank) {
    return room(shares.from(rank), shares.to(rank));
  }

  /** Bytes of some of the tensors. */
  int bytes(int from, int to) {
    int bytes = 0;
    for (int i = from; i < to; i++) {
      bytes += (int) (sizes[i] * Float.BYTES);
    }
    return bytes;
  }

  int bytesOf(int rank) {
    return bytes(shares.from(rank), shares.to(rank));
  }

  static FloatBuffer floats(ByteBuffer bytes) {
    return bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
  }

  /** The weights, as they are here, of a worker's share. */
  ByteBuffer weightsOf(int rank) {
    ByteBuffer flat = roomOf(rank);
    for (int i = shares.from(rank); i < shares.to(rank); i++) {
      flat.put(network.weight(i).bytes());
    }
    return flat.flip();
  }

  /** Gives the weights of this worker's share to all, and takes theirs. */
  void spread() {
    if (workers.size() == 1) {
      return;
    }
    List<ByteBuffer> given = workers.gather(weightsOf(workers.rank()));
    for (int rank = 0; rank < workers.size(); rank++) {
      if (rank != workers.rank()) {
        setWeights(rank, given.get(rank));
      }
    }
  }

  /**
   * Sets the weights of this worker's share.
   *
   * @param flat which is not used again
   */
  void setOwnWeights(ByteBuffer flat) {
    setWeights(workers.rank(), flat);
  }

  private void setWeights(int rank, ByteBuffer flat) {
    int offset = 0;
    for (int i = shares.from(rank); i < shares.to(rank); i++) {
      int bytes = bytes(i, i + 1);
      network.setWeight(i, flat.slice(offset, bytes));
      offset += bytes;
    }
  }

  /** Numbers of this worker's share as tensors, by their place among all that learn. */
  SortedMap<String, HostTensor> ownTensors(float[] values, String prefix) {
    SortedMap<String, HostTensor> named = new TreeMap<>();
    int offset = 0;
    for (int i = shares.from(workers.rank()); i < shares.to(workers.rank()); i++) {
      ByteBuffer bytes = room(i, i + 1);
      floats(bytes).put(values, offset, (int) sizes[i]);
      named.put(prefix + i, new HostTensor(DType.FLOAT32, new long[] {sizes[i]}, bytes));
      offset += (int) sizes[i];
    }
    return named;
  }

  /**
   * The reverse of {@link #ownTensors}.
   *
   * @throws OwlException BAD_INPUT, field {@code state}, if a tensor is missing or of another size
   */
  void readOwn(SortedMap<String, HostTensor> state, String prefix, float[] to) {
    int offset = 0;
    for (int i = shares.from(workers.rank()); i < shares.to(workers.rank()); i++) {
      HostTensor tensor = state.get(prefix + i);
      if (tensor == null || tensor.bytes().remaining() != bytes(i, i + 1)) {
        throw OwlException.badInput("state", prefix + i + " is missing or of another size");
      }
      floats(tensor.bytes()).get(to, offset, (int) sizes[i]);
      offset += (int) sizes[i];
    }
  }
}
