// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDManager;
import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.script.NamedTuple;
import io.owlmesh.model.weights.MappedTensor;
import io.owlmesh.runtime.HostTensors;
import io.owlmesh.runtime.Program;
import io.owlmesh.trainer.training.TrainingScript.EntryType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** All tensors of a model in the engine, and which of them learn. */
final class Tensors {
  private final Program program;
  private final PtNDManager manager;
  private final DType dtype;
  private final List<NDArray> all = new ArrayList<>();
  private final List<String> names = new ArrayList<>();
  private final List<Integer> trained = new ArrayList<>();
  private final List<Boolean> cast = new ArrayList<>();

  Tensors(Program program, PtNDManager manager, DType dtype) {
    this.program = program;
    this.manager = manager;
    this.dtype = dtype;
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
      try (MappedTensor file = checkpoint.map(slot.name())) {
        HostTensor tensor = new HostTensor(file.dtype(), file.shape(), file.bytes());
        add(slot.name(), tensor, learns ? DType.FLOAT32 : computes);
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
      add(matrix.name(), matrix.values(), DType.FLOAT32);
    }
  }

  private void add(String name, HostTensor tensor, DType as) {
    try (PtNDManager scope = program.newScope()) {
      NDArray raw = HostTensors.raw(tensor, scope);
      raw.setName("raw");
      NDArray how =
          scope.create(
              NamedTuple.longs(
                  new EntryType(
                      tensor.dtype() == DType.BFLOAT16 ? 1 : 0, StepArguments.number(as))));
      how.setName("how");
      NDArray own = program.learn("enter", new NDList(raw, how)).getFirst();
      own.attach(manager);
      own.setName("w[]");
      all.add(own);
      names.add(name);
    }
  }

  /** In the order of the program, named for it. */
  List<NDArray> all() {
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

  /** The i-th that learns. */
  NDArray trained(int i) {
    return all.get(trained.get(i));
  }

  /** The tensor of this name among those that learn. */
  Optional<NDArray> trained(String name) {
    return Optional.ofNullable(byName().get(name));
  }

  private Map<String, NDArray> byName() {
    Map<String, NDArray> map = new HashMap<>();
    trained.forEach(i -> map.put(names.get(i), all.get(i)));
    return map;
  }
}
