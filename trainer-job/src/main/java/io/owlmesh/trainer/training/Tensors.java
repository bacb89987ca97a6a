// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.training;

import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.script.NamedTuple;
import io.owlmesh.model.weights.MappedTensor;
import io.owlmesh.runtime.training.TensorGroup;
import io.owlmesh.runtime.training.TrainingCall;
import io.owlmesh.runtime.training.TrainingProgram;
import io.owlmesh.trainer.training.TrainingScript.EntryType;
import java.util.ArrayList;
import java.util.List;

/**
 * All tensors of a model in the engine, and which of them learn. On the CPU, what does not learn
 * stays in its mapped file, if it is stored in the type that it computes in: all workers of a host
 * share its memory.
 */
final class Tensors implements AutoCloseable {
  private final TrainingProgram program;
  private final DType dtype;
  private final boolean onCpu;
  private final TensorGroup all;
  private final List<String> names = new ArrayList<>();
  private final List<Integer> trained = new ArrayList<>();
  private final List<Boolean> cast = new ArrayList<>();
  private final List<MappedTensor> mapped = new ArrayList<>();

  Tensors(TrainingProgram program, DType dtype, boolean onCpu) {
    this.program = program;
    this.dtype = dtype;
    this.onCpu = onCpu;
    this.all = program.group("w[]");
  }

  /** Reads a checkpoint: what learns in float32, the rest in the type it computes in. */
  void load(Checkpoint checkpoint, TensorOrder order, Trainables trainables) {
    for (TensorOrder.Slot slot : order.slots()) {
      boolean learns = trainables.contains(checkpoint.config(), slot.name());
      DType computes = slot.float32() ? DType.FLOAT32 : dtype;
      if (learns) {
        trained.add(all.size());
        cast.add(computes != DType.FLOAT32);
      }
      if (onCpu && !learns && checkpoint.entry(slot.name()).dtype() == computes) {
        MappedTensor file = checkpoint.map(slot.name());
        mapped.add(file);
        add("stay", slot.name(), tensor(file), computes);
      } else {
        try (MappedTensor file = checkpoint.map(slot.name())) {
          add("enter", slot.name(), tensor(file), learns ? DType.FLOAT32 : computes);
        }
      }
    }
  }

  /** Appends the matrices of a LoRA, which learn. */
  void add(List<LoraStart.Matrix> lora) {
    for (LoraStart.Matrix matrix : lora) {
      if (!matrix.name().isEmpty()) {
        trained.add(all.size());
        cast.add(false);
      }
      add("enter", matrix.name(), matrix.values(), DType.FLOAT32);
    }
  }

  private static HostTensor tensor(MappedTensor file) {
    return new HostTensor(file.dtype(), file.shape(), file.bytes());
  }

  private void add(String method, String name, HostTensor tensor, DType as) {
    EntryType how =
        new EntryType(tensor.dtype() == DType.BFLOAT16 ? 1 : 0, StepArguments.number(as));
    try (TrainingCall call = program.call(method)) {
      call.withRaw("raw", tensor).with("how", NamedTuple.longs(how)).into(all);
    }
    names.add(name);
  }

  /** In the order of the program. */
  TensorGroup all() {
    return all;
  }

  /** Indices in {@link #all} of what learns. */
  List<Integer> trained() {
    return trained;
  }

  /** For each that learns, whether it computes in another type than its float32. */
  List<Boolean> cast() {
    return cast;
  }

  /** Name of the i-th that learns. */
  String trainedName(int i) {
    return names.get(trained.get(i));
  }

  /** Gives files back, once the program that reads them is closed. */
  @Override
  public void close() {
    mapped.forEach(MappedTensor::close);
  }
}
