// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.job;

import io.owlmesh.core.HostTensor;
import io.owlmesh.trainer.data.EncodedSample;
import io.owlmesh.trainer.recipe.TrainingStage;
import io.owlmesh.trainer.training.Batch;
import io.owlmesh.trainer.training.TrainableModel;
import io.owlmesh.trainer.workers.Agreement;
import io.owlmesh.trainer.workers.ShardTree;
import io.owlmesh.trainer.workers.SharedUpdate;
import io.owlmesh.trainer.workers.WorkerGroup;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * Steps that are cut into shards, some of which each worker takes. What a shard gives follows from
 * the step alone, and what all give is added along a fixed tree: the weights do not depend on how
 * many workers there are.
 */
final class SharedSteps implements StepWork {
  private final TrainableModel network;
  private final TrainingStage stage;
  private final TrainingMonitor watching;
  private final DropoutSeed seeds;
  private final WorkerGroup workers;
  private final ShardTree tree;
  private final SharedUpdate update;
  private final int firstShard;
  private final int endShard;

  SharedSteps(
      TrainableModel network,
      TrainingStage stage,
      TrainingMonitor watching,
      DropoutSeed seeds,
      WorkerGroup workers,
      ShardTree tree) {
    this.network = network;
    this.stage = stage;
    this.watching = watching;
    this.seeds = seeds;
    this.workers = workers;
    this.tree = tree;
    this.update = new SharedUpdate(workers, tree, network);
    this.firstShard = tree.first(workers.rank(), workers.size());
    this.endShard = tree.first(workers.rank() + 1, workers.size());
  }

  private int sample(int shard) {
    return (int) ((long) shard * stage.batch() / tree.shards());
  }

  @Override
  public int from() {
    return sample(firstShard);
  }

  @Override
  public int to() {
    return sample(endShard);
  }

  @Override
  public Optional<Result> step(List<EncodedSample> samples, long step, double rate) {
    List<List<Batch>> shards = new ArrayList<>();
    long own = 0;
    for (int shard = firstShard; shard < endShard; shard++) {
      List<Batch> batches =
          Batch.split(
              samples.subList(sample(shard) - from(), sample(shard + 1) - from()),
              stage.positions());
      own += batches.stream().mapToLong(Batch::targetCount).sum();
      shards.add(batches);
    }
    long tokens = samples.stream().mapToLong(EncodedSample::length).sum();
    Agreement.Step agreed = Agreement.step(workers, own, tokens, watching.stopped());
    if (agreed.stopped()) {
      return Optional.empty();
    }
    Double[] losses = new Double[shards.size()];
    List<@Nullable ByteBuffer> sums =
        update.learn(
            shard -> hasTargets(shards.get(shard - firstShard), losses, shard - firstShard),
            shard ->
                losses[shard - firstShard] =
                    learn(shards.get(shard - firstShard), step, shard, agreed.targets()));
    double loss = 0;
    for (double one : Agreement.numbers(workers, List.of(losses))) {
      loss += one;
    }
    double norm = update.update(sums, stage.optimiser(), rate);
    return Optional.of(new Result(loss, norm, agreed.tokens()));
  }

  private static boolean hasTargets(List<Batch> batches, Double[] losses, int place) {
    losses[place] = 0.0;
    return batches.stream().anyMatch(batch -> batch.targetCount() > 0);
  }

  private double learn(List<Batch> batches, long step, int shard, long targets) {
    long part = step * tree.shards() + shard;
    return StepWork.learn(network, batches, targets, i -> seeds.ofPart(part, i));
  }

  @Override
  public SortedMap<String, HostTensor> state() {
    SortedMap<String, HostTensor> state = network.state();
    state.putAll(update.gatherMoments());
    return state;
  }

  @Override
  public void restore(SortedMap<String, HostTensor> state) {
    network.restore(state);
  }

  @Override
  public Map<String, Long> leftOut(Map<String, Long> here) {
    return Agreement.counts(workers, here);
  }
}
