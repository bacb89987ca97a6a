// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.training;

import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.checkpoint.AdapterFile;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.checkpoint.Part;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.script.NamedTuple;
import io.owlmesh.runtime.EngineOptions;
import io.owlmesh.runtime.Precision;
import io.owlmesh.runtime.training.TensorGroup;
import io.owlmesh.runtime.training.TrainingCall;
import io.owlmesh.runtime.training.TrainingProgram;
import io.owlmesh.trainer.training.TrainingScript.StepFactors;
import io.owlmesh.trainer.training.TrainingScript.StepSizes;
import io.owlmesh.trainer.training.TrainingScript.UpdateNumbers;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A model while it learns. A step is one or more calls of {@link #learn}, which add up gradients,
 * then one of {@link #update}; each is one call into native code. Frozen parts have no gradients,
 * and what lies before the first part that learns is not recorded. Used by one thread.
 */
public final class TrainableModel implements AutoCloseable {
  private final ModelConfig config;
  private final Trainables trainables;
  private final NetworkOptions options;
  private final StepArguments arguments;
  private final TrainingProgram program;
  private final Tensors tensors;
  private final TensorGroup masters;
  private final TensorGroup gradients;
  private final TensorGroup firstMoments;
  private final TensorGroup secondMoments;
  private final TensorGroup steps;
  private final TensorGroup trained;
  private final TensorGroup casts;

  /**
   * Loads a model.
   *
   * @param adapter a LoRA to go on from; a fresh one is drawn from the seed if it is empty
   * @throws OwlException BAD_CHECKPOINT listing what is missing or wrong; BAD_INPUT if nothing
   *     learns
   */
  public TrainableModel(
      Checkpoint checkpoint,
      Optional<AdapterFile> adapter,
      Trainables trainables,
      NetworkOptions options,
      long seed) {
    checkpoint.requireComplete(Part.values());
    this.config = checkpoint.config();
    this.trainables = trainables;
    this.options = options;
    TensorOrder order = new TensorOrder(config);
    this.arguments = new StepArguments(config, trainables, options, order);
    this.program =
        new TrainingProgram(
            TrainingScript.of(config),
            new EngineOptions(options.device(), Precision.FLOAT32, options.threads()));
    this.tensors = new Tensors(program, options.dtype());
    try {
      tensors.load(checkpoint, order, trainables);
      trainables
          .lora()
          .ifPresent(lora -> tensors.add(new LoraStart(config, lora, adapter, seed).matrices()));
      if (tensors.trained().isEmpty()) {
        throw OwlException.badInput("trains", "nothing");
      }
      this.masters = tensors.all().select("t[]", tensors.trained());
      this.gradients = masters.zerosLike("g[]");
      this.firstMoments = masters.zerosLike("m[]");
      this.secondMoments = masters.zerosLike("v[]");
      this.steps = masters.scalarsLike("s[]");
      this.trained =
          program.longs("trained", tensors.trained().stream().mapToLong(i -> i).toArray());
      this.casts =
          program.longs("casts", tensors.cast().stream().mapToLong(c -> c ? 1 : 0).toArray());
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /**
   * Adds the gradients of a batch to those so far.
   *
   * @param factor of the summed loss: one over all trained targets of the step
   * @param seed of the dropout
   * @return sum over the batch's targets of -log p, times the factor
   * @throws OwlException BAD_INPUT if nothing that learns takes part in this batch
   */
  public double learn(Batch batch, double factor, long seed) {
    if (batch.targetCount() == 0) {
      return 0;
    }
    boolean sees = !batch.pixels().isEmpty();
    if (!sees && !trainables.languageModel() && trainables.lora().isEmpty()) {
      throw OwlException.badInput(
          "data", "text alone, but only visual parts learn: give this stage samples with images");
    }
    return run(
        batch,
        arguments.factors(factor, true),
        arguments.sizes(
            seed, options.checkpointing() ? StepArguments.RECOMPUTE : StepArguments.KEEP));
  }

  /**
   * The summed loss of a batch, without dropout; changes nothing.
   *
   * @return sum over the batch's targets of -log p
   */
  public double measure(Batch batch) {
    return batch.targetCount() == 0
        ? 0
        : run(batch, arguments.factors(1, false), arguments.sizes(0, StepArguments.MEASURE));
  }

  private double run(Batch batch, StepFactors factors, StepSizes sizes) {
    int side = config.imageSize();
    try (TrainingCall call = program.call("learn")) {
      return call.withBatch("pixels", batch.pixels(), 3, side, side)
          .with("ids", batch.ids(), batch.size(), batch.length())
          .with("places", batch.places())
          .with("at", batch.at())
          .with("targets", batch.targets())
          .with(trained)
          .with(casts)
          .with("sizes", NamedTuple.longs(sizes))
          .with("numbers", NamedTuple.doubles(factors))
          .with(tensors.all())
          .with(gradients)
          .number();
    }
  }

  /**
   * Clips the gradients, changes the weights by them, and forgets them. If their norm is no number,
   * the weights stay.
   *
   * @return the norm before clipping, over all gradients together
   */
  public double update(Optimiser optimiser, double learningRate) {
    UpdateNumbers numbers =
        new UpdateNumbers(
            learningRate,
            optimiser.beta1(),
            optimiser.beta2(),
            optimiser.epsilon(),
            optimiser.weightDecay(),
            optimiser.clipNorm());
    try (TrainingCall call = program.call("update")) {
      return call.with("numbers", NamedTuple.doubles(numbers))
          .with(masters)
          .with(gradients)
          .with(firstMoments)
          .with(secondMoments)
          .with(steps)
          .number();
    }
  }

  /** What learns, by canonical name; matrices of a LoRA as PEFT names them. */
  public SortedMap<String, HostTensor> weights() {
    return export(masters);
  }

  /** Gradients added up since the last update, by the names of what learns. */
  public SortedMap<String, HostTensor> gradients() {
    return export(gradients);
  }

  private SortedMap<String, HostTensor> export(TensorGroup group) {
    SortedMap<String, HostTensor> map = new TreeMap<>();
    for (int i = 0; i < group.size(); i++) {
      map.put(tensors.trainedName(i), group.get(i));
    }
    return map;
  }

  /** Everything that changes while learning: weights, moments and counts of steps. */
  public SortedMap<String, HostTensor> state() {
    SortedMap<String, HostTensor> state = new TreeMap<>();
    weights().forEach((name, tensor) -> state.put("weights/" + name, tensor));
    export(firstMoments).forEach((name, tensor) -> state.put("first/" + name, tensor));
    export(secondMoments).forEach((name, tensor) -> state.put("second/" + name, tensor));
    export(steps).forEach((name, tensor) -> state.put("steps/" + name, tensor));
    return state;
  }

  /**
   * Goes on from a state.
   *
   * @param state of a network of the same tensors
   * @throws OwlException BAD_INPUT if it is that of another
   */
  public void restore(SortedMap<String, HostTensor> state) {
    for (int i = 0; i < masters.size(); i++) {
      String name = tensors.trainedName(i);
      restore(state, "weights/" + name, masters, i);
      restore(state, "first/" + name, firstMoments, i);
      restore(state, "second/" + name, secondMoments, i);
      restore(state, "steps/" + name, steps, i);
    }
  }

  private static void restore(
      SortedMap<String, HostTensor> state, String name, TensorGroup to, int index) {
    HostTensor from = state.get(name);
    if (from == null || !to.set(index, from)) {
      throw OwlException.badInput("state", name + " is missing or of another shape");
    }
  }

  /** The dimensions of the model. */
  public ModelConfig config() {
    return config;
  }

  /** How many numbers learn. */
  public long parameters() {
    return masters.elements();
  }

  @Override
  public void close() {
    program.close();
  }
}
