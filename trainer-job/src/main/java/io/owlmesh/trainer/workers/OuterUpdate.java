// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.workers;

import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.trainer.training.TrainableModel;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Brings together the weights of workers that learnt alone for a while (DiLoCo: Douillard et al.
 * 2023, arXiv:2311.08105, algorithm 1). The outer gradient is where all began minus the mean of
 * where they came; the outer optimizer is SGD with Nesterov's momentum. Each worker does this for
 * its share of the tensors, and gives the result to all.
 */
public final class OuterUpdate {
  private static final String WEIGHTS = "weights/";
  private static final String OUTER = "outer/";

  private final WorkerGroup workers;
  private final TrainableModel network;
  private final SharedTensors tensors;
  private final double rate;
  private final double momentum;
  private final float[] velocity;
  private float[] begin;

  /**
   * @param rate of the outer optimizer
   * @throws OwlException BAD_INPUT if there are more workers than tensors that learn
   */
  public OuterUpdate(WorkerGroup workers, TrainableModel network, double rate, double momentum) {
    this.workers = workers;
    this.network = network;
    this.tensors = new SharedTensors(workers, network);
    this.rate = rate;
    this.momentum = momentum;
    this.velocity = new float[tensors.bytesOf(workers.rank()) / Float.BYTES];
    this.begin = new float[0];
  }

  /** The weights are those that all begin with. */
  public void begin() {
    begin = new float[velocity.length];
    SharedTensors.floats(tensors.weightsOf(workers.rank())).get(begin);
  }

  /**
   * Changes the weights at all workers.
   *
   * @throws OwlException UNAVAILABLE if a worker is gone
   */
  public void exchange() {
    List<List<ByteBuffer>> toEach = new ArrayList<>();
    for (int rank = 0; rank < workers.size(); rank++) {
      toEach.add(List.of(tensors.weightsOf(rank)));
    }
    List<FloatBuffer> given =
        workers.exchange(toEach).stream().map(one -> SharedTensors.floats(one.getFirst())).toList();
    ByteBuffer next = tensors.roomOf(workers.rank());
    FloatBuffer weights = SharedTensors.floats(next);
    for (int i = 0; i < velocity.length; i++) {
      double sum = 0;
      for (FloatBuffer one : given) { // By rank, so that it is the same bits at every attempt.
        sum += one.get(i);
      }
      double gradient = begin[i] - sum / given.size();
      velocity[i] = (float) (momentum * velocity[i] + gradient);
      weights.put(i, (float) (begin[i] - rate * (gradient + momentum * velocity[i])));
    }
    tensors.setOwnWeights(next);
    tensors.spread();
  }

  /**
   * What changes while learning: weights, what each worker's optimizer keeps, and what the outer
   * one does. To be asked for where all have the same weights.
   *
   * @return at rank 0; elsewhere, of no use
   */
  public SortedMap<String, HostTensor> gatherState() {
    SortedMap<String, HostTensor> own = new TreeMap<>();
    String prefix = prefix();
    network.moments().forEach((name, tensor) -> own.put(prefix + name, tensor));
    own.putAll(tensors.ownTensors(velocity, OUTER));
    SortedMap<String, HostTensor> state = new TreeMap<>(Moments.gather(workers, own));
    network.weights().forEach((name, tensor) -> state.put(WEIGHTS + name, tensor));
    return state;
  }

  private String prefix() {
    return "worker-%d/".formatted(workers.rank());
  }

  /**
   * Goes on from such a state.
   *
   * @throws OwlException BAD_INPUT if it is that of other tensors or another number of workers
   */
  public void restore(SortedMap<String, HostTensor> state) {
    SortedMap<String, HostTensor> own = new TreeMap<>();
    String prefix = prefix();
    state.forEach((name, tensor) -> {
      if (name.startsWith(prefix)) {
        own.put(name.substring(prefix.length()), tensor);
      } else if (name.startsWith(WEIGHTS)) {
        own.put(name, tensor);
      }
    });
    network.restore(own);
    tensors.readOwn(state, OUTER, velocity);
  }
}
