// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.training;

import io.owlmesh.core.DType;
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
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

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
  private @Nullable OptimizerState optimizer;
  private int ownFrom;
  private int ownTo;
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
    this.tensors = new Tensors(program, options.dtype(), options.device().equals("cpu"));
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
      this.ownTo = masters.size();
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
   * What the optimizer keeps of some of the tensors that learn.
   *
   * @param own the tensors themselves
   * @param first mean of their gradients, second of the squares; steps that they took
   */
  private record OptimizerState(
      TensorGroup own,
      TensorGroup gradients,
      TensorGroup first,
      TensorGroup second,
      TensorGroup steps) {}

  /** Made when it is needed: which tensors it is of may be said before. */
  private OptimizerState optimizer() {
    OptimizerState now = optimizer;
    if (now == null) {
      List<Integer> indices = IntStream.range(ownFrom, ownTo).boxed().toList();
      TensorGroup own = masters.select("t[]", indices);
      now =
          new OptimizerState(
              own,
              gradients.select("g[]", indices),
              own.zerosLike("m[]"),
              own.zerosLike("v[]"),
              own.scalarsLike("s[]"));
      optimizer = now;
    }
    return now;
  }

  /**
   * Which of the tensors that learn this process updates, and keeps the optimizer's state of: from
   * one index up to but without another. To be said before the first update; else all.
   */
  public void own(int from, int to) {
    if (optimizer != null) {
      throw new IllegalStateException("the optimizer has begun");
    }
    ownFrom = from;
    ownTo = to;
  }

  /** Numbers of each tensor that learns, in their order. */
  public long[] sizes() {
    return IntStream.range(0, masters.size()).mapToLong(masters::elements).toArray();
  }

  /**
   * Clips the gradients, changes the weights by them, and forgets them. If their norm is no number,
   * the weights stay.
   *
   * @return the norm before clipping, over all gradients together
   */
  public double update(Optimiser optimiser, double learningRate) {
    return update(optimiser, learningRate, norms());
  }

  /**
   * Changes the tensors that this process updates, as {@link #update(Optimiser, double)} does.
   *
   * @param norms of the gradients of all tensors that learn, in their order
   * @return the norm over all gradients together
   */
  public double update(Optimiser optimiser, double learningRate, float[] norms) {
    UpdateNumbers numbers =
        new UpdateNumbers(
            learningRate,
            optimiser.beta1(),
            optimiser.beta2(),
            optimiser.epsilon(),
            optimiser.weightDecay(),
            optimiser.clipNorm());
    OptimizerState state = optimizer();
    try (TrainingCall call = program.call("update")) {
      return call.with("numbers", NamedTuple.doubles(numbers))
          .with("norms", norms)
          .with(state.own())
          .with(state.gradients())
          .with(state.first())
          .with(state.second())
          .with(state.steps())
          .number();
    }
  }

  /** Norms of the gradients of the tensors that this process updates, in their order. */
  public float[] norms() {
    try (TrainingCall call = program.call("norms")) {
      return call.with(optimizer().gradients()).numbers();
    }
  }

  /** Gradients are zero again. */
  public void forgetGradients() {
    try (TrainingCall call = program.call("forget")) {
      var _ = call.with(gradients).number();
    }
  }

  /** The gradient of a tensor that learns, float32, by its place in their order. */
  public HostTensor gradient(int index) {
    return gradients.get(index);
  }

  /**
   * Sets the gradient of a tensor that learns.
   *
   * @param values of the tensor's shape, float32
   */
  public void setGradient(int index, ByteBuffer values) {
    set(gradients, index, values);
  }

  /** A tensor that learns, float32, by its place in their order. */
  public HostTensor weight(int index) {
    return masters.get(index);
  }

  /**
   * Sets a tensor that learns.
   *
   * @param values of the tensor's shape, float32
   */
  public void setWeight(int index, ByteBuffer values) {
    set(masters, index, values);
  }

  private static void set(TensorGroup group, int index, ByteBuffer values) {
    if (!group.set(index, new HostTensor(DType.FLOAT32, group.shape(index), values))) {
      throw new IllegalStateException("tensor " + index + " of another shape");
    }
  }

  /** What learns, by canonical name; matrices of a LoRA as PEFT names them. */
  public SortedMap<String, HostTensor> weights() {
    return export(masters, 0);
  }

  /** Gradients added up since the last update, by the names of what learns. */
  public SortedMap<String, HostTensor> gradients() {
    return export(gradients, 0);
  }

  private SortedMap<String, HostTensor> export(TensorGroup group, int first) {
    SortedMap<String, HostTensor> map = new TreeMap<>();
    for (int i = 0; i < group.size(); i++) {
      map.put(tensors.trainedName(first + i), group.get(i));
    }
    return map;
  }

  /**
   * What changes while learning: all weights, and moments and counts of steps of the tensors that
   * this process updates.
   */
  public SortedMap<String, HostTensor> state() {
    OptimizerState own = optimizer();
    SortedMap<String, HostTensor> state = new TreeMap<>();
    weights().forEach((name, tensor) -> state.put("weights/" + name, tensor));
    export(own.first(), ownFrom).forEach((name, tensor) -> state.put("first/" + name, tensor));
    export(own.second(), ownFrom).forEach((name, tensor) -> state.put("second/" + name, tensor));
    export(own.steps(), ownFrom).forEach((name, tensor) -> state.put("steps/" + name, tensor));
    return state;
  }

  /** As {@link #state}, without the weights. */
  public SortedMap<String, HostTensor> moments() {
    SortedMap<String, HostTensor> state = state();
    state.keySet().removeIf(name -> name.startsWith("weights/"));
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
      restore(state, "weights/" + tensors.trainedName(i), masters, i);
    }
    OptimizerState own = optimizer();
    for (int i = 0; i < ownTo - ownFrom; i++) {
      String name = tensors.trainedName(ownFrom + i);
      restore(state, "first/" + name, own.first(), i);
      restore(state, "second/" + name, own.second(), i);
      restore(state, "steps/" + name, own.steps(), i);
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
    tensors.close();
  }
}
