// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.checkpoint.AdapterFile;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.checkpoint.Part;
import io.owlmesh.model.family.ModelConfig;
import io.owlmesh.model.script.NamedTuple;
import io.owlmesh.runtime.EngineOptions;
import io.owlmesh.runtime.HostTensors;
import io.owlmesh.runtime.Precision;
import io.owlmesh.runtime.Program;
import io.owlmesh.trainer.training.TrainingScript.StepFactors;
import io.owlmesh.trainer.training.TrainingScript.StepSizes;
import io.owlmesh.trainer.training.TrainingScript.UpdateNumbers;
import java.util.ArrayList;
import java.util.List;
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
  private final Program program;
  private final PtNDManager manager;
  private final Tensors tensors;
  private final List<NDArray> gradients = new ArrayList<>();
  private final List<NDArray> firstMoments = new ArrayList<>();
  private final List<NDArray> secondMoments = new ArrayList<>();
  private final List<NDArray> steps = new ArrayList<>();
  private final NDArray trained;
  private final NDArray casts;

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
        Program.load(
            TrainingScript.of(config),
            Long.MAX_VALUE,
            new EngineOptions(options.device(), Precision.FLOAT32, options.threads()));
    this.manager = program.newScope();
    this.tensors = new Tensors(program, manager, options.dtype());
    try {
      tensors.load(checkpoint, order, trainables);
      trainables
          .lora()
          .ifPresent(lora -> tensors.add(new LoraStart(config, lora, adapter, seed).matrices()));
      if (tensors.trained().isEmpty()) {
        throw OwlException.badInput("trains", "nothing");
      }
      for (int i = 0; i < tensors.trained().size(); i++) {
        Shape shape = tensors.trained(i).getShape();
        gradients.add(zeros(shape, "g[]"));
        firstMoments.add(zeros(shape, "m[]"));
        secondMoments.add(zeros(shape, "v[]"));
        steps.add(zeros(new Shape(), "s[]"));
      }
      this.trained = longs(tensors.trained().stream().mapToLong(i -> i).toArray(), manager);
      this.casts = longs(tensors.cast().stream().mapToLong(c -> c ? 1 : 0).toArray(), manager);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private NDArray zeros(Shape shape, String name) {
    NDArray zeros = manager.zeros(shape, DataType.FLOAT32);
    zeros.setName(name);
    return zeros;
  }

  private static NDArray longs(long[] values, PtNDManager manager) {
    return manager.create(values, new Shape(values.length));
  }

  private static NDArray named(String name, NDArray array) {
    array.setName(name);
    return array;
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
    try (PtNDManager scope = program.newScope()) {
      NDList in = new NDList();
      in.add(named("pixels", pixels(batch, scope)));
      in.add(named("ids", scope.create(batch.ids(), new Shape(batch.size(), batch.length()))));
      in.add(named("places", longs(batch.places(), scope)));
      in.add(named("at", longs(batch.at(), scope)));
      in.add(named("targets", longs(batch.targets(), scope)));
      in.add(named("trained", trained));
      in.add(named("casts", casts));
      in.add(named("sizes", longs(NamedTuple.longs(sizes), scope)));
      in.add(named("numbers", scope.create(NamedTuple.doubles(factors))));
      in.addAll(tensors.all());
      in.addAll(gradients);
      return program.learn("learn", in).getFirst().getFloat();
    }
  }

  private NDArray pixels(Batch batch, PtNDManager scope) {
    int side = config.imageSize();
    return batch.pixels().isEmpty()
        ? scope.zeros(new Shape(0, 3, side, side))
        : HostTensors.enter(program, batch.pixels(), DType.FLOAT32, scope);
  }

  /**
   * Clips the gradients, changes the weights by them, and forgets them. If their norm is no number,
   * the weights stay.
   *
   * @return the norm before clipping, over all gradients together
   */
  public double update(Optimiser optimiser, double learningRate) {
    try (PtNDManager scope = program.newScope()) {
      NDList in = new NDList();
      UpdateNumbers numbers =
          new UpdateNumbers(
              learningRate,
              optimiser.beta1(),
              optimiser.beta2(),
              optimiser.epsilon(),
              optimiser.weightDecay(),
              optimiser.clipNorm());
      in.add(named("numbers", scope.create(NamedTuple.doubles(numbers))));
      List<NDArray> masters = tensors.trained().stream().map(tensors.all()::get).toList();
      masters.forEach(master -> master.setName("t[]"));
      in.addAll(masters);
      in.addAll(gradients);
      in.addAll(firstMoments);
      in.addAll(secondMoments);
      in.addAll(steps);
      double norm = program.learn("update", in).getFirst().getFloat();
      masters.forEach(master -> master.setName("w[]"));
      return norm;
    }
  }

  /** What learns, by canonical name; matrices of a LoRA as PEFT names them. */
  public SortedMap<String, HostTensor> weights() {
    return export(tensors.trained().stream().map(tensors.all()::get).toList());
  }

  /** Gradients added up since the last update, by the names of what learns. */
  public SortedMap<String, HostTensor> gradients() {
    return export(gradients);
  }

  private SortedMap<String, HostTensor> export(List<NDArray> arrays) {
    SortedMap<String, HostTensor> map = new TreeMap<>();
    for (int i = 0; i < arrays.size(); i++) {
      map.put(tensors.trainedName(i), HostTensors.whole(arrays.get(i), DType.FLOAT32));
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
    for (int i = 0; i < tensors.trained().size(); i++) {
      String name = tensors.trainedName(i);
      restore(state, "weights/" + name, tensors.trained(i));
      restore(state, "first/" + name, firstMoments.get(i));
      restore(state, "second/" + name, secondMoments.get(i));
      restore(state, "steps/" + name, steps.get(i));
    }
  }

  private void restore(SortedMap<String, HostTensor> state, String name, NDArray to) {
    HostTensor from = state.get(name);
    if (from == null || !new Shape(from.shape()).equals(to.getShape())) {
      throw OwlException.badInput("state", name + " is missing or of another shape");
    }
    to.set(from.bytes());
  }

  /** The dimensions of the model. */
  public ModelConfig config() {
    return config;
  }

  /** How many numbers learn. */
  public long parameters() {
    return tensors.trained().stream().mapToLong(i -> tensors.all().get(i).size()).sum();
  }

  @Override
  public void close() {
    manager.close();
    program.close();
  }
}
