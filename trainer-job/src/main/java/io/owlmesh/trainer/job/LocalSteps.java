// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.job;

import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.trainer.data.EncodedSample;
import io.owlmesh.trainer.recipe.LocalStepsRecipe;
import io.owlmesh.trainer.recipe.TrainingStage;
import io.owlmesh.trainer.training.Batch;
import io.owlmesh.trainer.training.TrainableModel;
import io.owlmesh.trainer.workers.Agreement;
import io.owlmesh.trainer.workers.OuterUpdate;
import io.owlmesh.trainer.workers.WorkerGroup;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

/**
 * Steps that each worker takes alone, with an optimizer of its own, on its part of the samples. Now
 * and then their weights are brought together; there alone, a job is stopped and its state saved.
 */
final class LocalSteps implements StepWork {
  private final TrainableModel network;
  private final TrainingStage stage;
  private final TrainingMonitor watching;
  private final DropoutSeed seeds;
  private final WorkerGroup workers;
  private final LocalStepsRecipe local;
  private final OuterUpdate outer;

  /**
   * @throws OwlException BAD_INPUT, field {@code local_steps.workers}, if there are more or fewer
   *     than the recipe names
   */
  LocalSteps(
      TrainableModel network,
      TrainingStage stage,
      TrainingMonitor watching,
      DropoutSeed seeds,
      WorkerGroup workers) {
    this.network = network;
    this.stage = stage;
    this.watching = watching;
    this.seeds = seeds;
    this.workers = workers;
    this.local = stage.localSteps().orElseThrow();
    if (local.workers() != workers.size()) {
      throw OwlException.badInput(
          "stages." + stage.name() + ".local_steps.workers",
          "%d, and %d learn: what is learnt depends on it, start it with --workers %d"
              .formatted(local.workers(), workers.size(), local.workers()));
    }
    this.outer = new OuterUpdate(workers, network, local.rate(), local.momentum());
  }

  private int sample(int rank) {
    return (int) ((long) rank * stage.batch() / workers.size());
  }

  @Override
  public int from() {
    return sample(workers.rank());
  }

  @Override
  public int to() {
    return sample(workers.rank() + 1);
  }

  /** The result is this worker's own: others are not asked. */
  @Override
  public Optional<Result> step(List<EncodedSample> samples, long step, double rate) {
    if (step % local.every() == 0) {
      if (Agreement.step(workers, 0, 0, watching.stopped()).stopped()) {
        return Optional.empty();
      }
      outer.begin();
    }
    List<Batch> batches = Batch.split(samples, stage.positions());
    long targets = batches.stream().mapToLong(Batch::targetCount).sum();
    long part = step * workers.size() + workers.rank();
    double loss = StepWork.learn(network, batches, targets, i -> seeds.ofPart(part, i));
    double norm = network.update(stage.optimiser(), rate);
    if ((step + 1) % local.every() == 0 || step + 1 == stage.steps()) {
      outer.exchange();
    }
    long tokens = samples.stream().mapToLong(EncodedSample::length).sum();
    return Optional.of(new Result(loss, norm, tokens));
  }

  @Override
  public SortedMap<String, HostTensor> state() {
    return outer.gatherState();
  }

  @Override
  public void restore(SortedMap<String, HostTensor> state) {
    outer.restore(state);
  }

  @Override
  public Map<String, Long> leftOut(Map<String, Long> here) {
    return Agreement.counts(workers, here);
  }
}
