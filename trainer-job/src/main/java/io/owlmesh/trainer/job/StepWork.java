// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.job;

import io.owlmesh.core.HostTensor;
import io.owlmesh.trainer.data.EncodedSample;
import io.owlmesh.trainer.training.Batch;
import io.owlmesh.trainer.training.TrainableModel;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.IntToLongFunction;

/** How a stage takes its steps: alone, or beside other workers. */
interface StepWork {
  /**
   * What a step came to.
   *
   * @param loss mean of -log p over the step's targets
   * @param norm of its gradient before clipping
   * @param tokens of its samples, at all workers that it is told of
   */
  record Result(double loss, double norm, long tokens) {}

  /** Where the dropout of a batch begins, by step and by the batch's place in it. */
  @FunctionalInterface
  interface DropoutSeed {
    /** Batches of one part of a step, so that no two of a job have the same place. */
    int BATCHES = 256;

    long of(long step, long batch);

    /** Of a batch of a part of a step; parts are counted through all steps. */
    default long ofPart(long part, int batch) {
      return of(0, part * BATCHES + batch);
    }
  }

  /**
   * Adds the gradients of batches to the network's.
   *
   * @param targets that the loss is the mean over
   * @param seed of a batch's dropout, by its place
   * @return the loss of these batches
   */
  static double learn(
      TrainableModel network, List<Batch> batches, long targets, IntToLongFunction seed) {
    double loss = 0;
    for (int i = 0; i < batches.size(); i++) {
      loss += network.learn(batches.get(i), 1.0 / targets, seed.applyAsLong(i));
    }
    return loss;
  }

  /** The first sample of a step's batch that is read here. */
  int from();

  /** The one after the last. */
  int to();

  /**
   * Learns from a step's samples and changes the weights.
   *
   * @param samples from {@link #from} to {@link #to}
   * @return nothing if the job was told to stop before it
   */
  Optional<Result> step(List<EncodedSample> samples, long step, double rate);

  /** Weights, moments and counts of steps; at workers beside the first, of no use. */
  SortedMap<String, HostTensor> state();

  /**
   * Goes on from a state.
   *
   * @throws io.owlmesh.core.OwlException BAD_INPUT if it is that of another stage
   */
  void restore(SortedMap<String, HostTensor> state);

  /**
   * Samples that were left out, by reason.
   *
   * @param here by this worker
   */
  Map<String, Long> leftOut(Map<String, Long> here);
}
