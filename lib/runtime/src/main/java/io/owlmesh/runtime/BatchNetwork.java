// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.checkpoint.Part;
import io.owlmesh.model.family.NetworkSpec;
import io.owlmesh.model.script.Script;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A network with its weights that makes one tensor of each that it is given, independent of the
 * others. Used by one thread at a time.
 */
public final class BatchNetwork implements AutoCloseable {
  private final Program program;
  private final Weights weights;

  private BatchNetwork(Program program, Weights weights) {
    this.program = program;
    this.weights = weights;
  }

  /**
   * Loads a part of a checkpoint.
   *
   * @param network of that part
   * @param runner the methods that are called
   * @throws io.owlmesh.core.OwlException BAD_CHECKPOINT listing what is missing or wrong
   */
  public static BatchNetwork load(
      Checkpoint checkpoint,
      Part part,
      NetworkSpec network,
      Script runner,
      EngineOptions options,
      WeightLoader.Progress progress) {
    checkpoint.requireComplete(part);
    Program program =
        Program.load(network.script().plus(runner), network.weights().parameters(), options);
    WeightLoader loader = new WeightLoader(program, checkpoint, network, progress);
    try {
      loader.all(network.weights());
      return new BatchNetwork(program, loader.finish());
    } catch (RuntimeException e) {
      loader.abandon();
      program.close();
      throw e;
    }
  }

  /**
   * Runs a method on all tensors together.
   *
   * @param inputs of one shape
   * @param as type in which they enter
   * @return one for each, in {@link #dtype}
   */
  public List<HostTensor> run(String method, List<HostTensor> inputs, DType as) {
    try (PtNDManager scope = program.newScope()) {
      NDArray batch = HostTensors.enter(program, inputs, as, scope);
      try (Call call = program.call(method).with(batch).with(weights.named())) {
        return HostTensors.leave(call.tensor(scope), weights.dtype());
      }
    }
  }

  /**
   * As above, of a method that reads integers beside each input.
   *
   * @param ids of each input, as many for all
   */
  public List<HostTensor> run(String method, List<HostTensor> inputs, DType as, List<int[]> ids) {
    try (PtNDManager scope = program.newScope()) {
      NDArray batch = HostTensors.enter(program, inputs, as, scope);
      long[] all = ids.stream().flatMapToInt(IntStream::of).asLongStream().toArray();
      NDArray beside = scope.create(all, new Shape(ids.size(), ids.getFirst().length));
      try (Call call = program.call(method).with(batch).with(beside).with(weights.named())) {
        return HostTensors.leave(call.tensor(scope), weights.dtype());
      }
    }
  }

  /** Type of the arithmetic and of the results. */
  public DType dtype() {
    return weights.dtype();
  }

  @Override
  public void close() {
    weights.close();
    program.close();
  }
}
