// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.job;

import io.owlmesh.core.HostTensor;
import io.owlmesh.trainer.data.EncodedSample;
import io.owlmesh.trainer.recipe.TrainingStage;
import io.owlmesh.trainer.training.Batch;
import io.owlmesh.trainer.training.TrainableModel;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;

/** Steps of one process: the gradients of a step's batches are added as they come. */
record WholeSteps(
    TrainableModel network, TrainingStage stage, TrainingMonitor watching, DropoutSeed seeds)
    implements StepWork {
  @Override
  public int from() {
    return 0;
  }

  @Override
  public int to() {
    return stage.batch();
  }

  @Override
  public Optional<Result> step(List<EncodedSample> samples, long step, double rate) {
    if (watching.stopped()) {
      return Optional.empty();
    }
    List<Batch> batches = Batch.split(samples, stage.positions());
    long targets = batches.stream().mapToLong(Batch::targetCount).sum();
    double loss = StepWork.learn(network, batches, targets, i -> seeds.of(step, i));
    double norm = network.update(stage.optimiser(), rate);
    long tokens = samples.stream().mapToLong(EncodedSample::length).sum();
    return Optional.of(new Result(loss, norm, tokens));
  }

  @Override
  public SortedMap<String, HostTensor> state() {
    return network.state();
  }

  @Override
  public void restore(SortedMap<String, HostTensor> state) {
    network.restore(state);
  }

  @Override
  public Map<String, Long> leftOut(Map<String, Long> here) {
    return here;
  }
}
