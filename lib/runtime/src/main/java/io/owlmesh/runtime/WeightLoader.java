// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import io.owlmesh.core.AvailableMemory;
import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.model.checkpoint.Checkpoint;
import io.owlmesh.model.family.NetworkSpec;
import io.owlmesh.model.family.WeightLayout;
import io.owlmesh.model.weights.MappedTensor;
import io.owlmesh.model.weights.TensorEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings tensors of a checkpoint to a device, in the order in which a program wants them. On the
 * CPU, a tensor already stored in the working type stays in its mapped file; matrices in bfloat16
 * are packed for oneDNN where the processor can, or quantized. Matrices of a language model that
 * are packed can still be {@linkplain Weights#matrix read in their files}, so that the machine
 * keeps them twice; where it has no room for that, they are not packed.
 */
public final class WeightLoader implements WeightOrder {
  private static final Logger LOG = LoggerFactory.getLogger(WeightLoader.class);
  private static final int REGULAR = 16;

  private final Program program;
  private final Checkpoint checkpoint;
  private final NetworkSpec network;
  private final DType dtype;
  private final boolean readsFiles;
  private final boolean pack;
  private final Quantization quantization;
  private final Progress progress;
  private final PtNDManager manager;
  private final List<NDArray> tensors = new ArrayList<>();
  private final List<MappedTensor> mapped = new ArrayList<>();
  private final List<NDArray> quantized = new ArrayList<>();
  // By their index: packed matrices whose files hold the same numbers.
  private final Map<Integer, MappedTensor> originals = new HashMap<>();
  private long bytes;
  private long stepBytes;

  /** Told after each tensor. */
  @FunctionalInterface
  public interface Progress {
    /** Says nothing. */
    Progress NONE = bytes -> {};

    /** So many bytes of the checkpoint are read. */
    void loaded(long bytes);
  }

  /**
   * Of the network's tensors, the type of the first one decides what {@link Precision#AUTO} means.
   */
  public WeightLoader(
      Program program, Checkpoint checkpoint, NetworkSpec network, Progress progress) {
    this(program, checkpoint, network, progress, AvailableMemory.bytes());
  }

  /**
   * The same.
   *
   * @param available bytes that this machine has left, if known
   */
  public WeightLoader(
      Program program,
      Checkpoint checkpoint,
      NetworkSpec network,
      Progress progress,
      OptionalLong available) {
    this.program = program;
    this.checkpoint = checkpoint;
    this.network = network;
    this.quantization =
        network.weights().isQuantizable() ? program.options().quantization() : Quantization.NONE;
    String stored = network.weights().weights().getFirst().name();
    this.dtype =
        quantization == Quantization.NONE
            ? program.options().precision().resolve(checkpoint.entry(stored).dtype())
            : DType.BFLOAT16;
    this.readsFiles = network.weights().isQuantizable() && quantization == Quantization.NONE;
    this.pack =
        program.onCpu()
            && dtype == DType.BFLOAT16
            && Packing.works(program)
            && hasRoom(readsFiles ? 2 * matrixBytes() : 0, available);
    this.progress = progress;
    this.manager = program.newScope();
  }

  /** Of the matrices that are stored in bfloat16. */
  private long matrixBytes() {
    return network.weights().weights().stream()
        .filter(weight -> weight.kind() == WeightLayout.Kind.MATRIX)
        .map(weight -> checkpoint.entry(weight.name()))
        .filter(entry -> entry.dtype() == DType.BFLOAT16)
        .mapToLong(TensorEntry::bytes)
        .sum();
  }

  private static boolean hasRoom(long needed, OptionalLong available) {
    boolean enough = needed <= available.orElse(Long.MAX_VALUE);
    if (!enough) {
      LOG.info(
          "Matrices stay in their files: packed and in files they take {} MiB, and {} MiB are left",
          needed >> 20,
          available.orElseThrow() >> 20);
    }
    return enough;
  }

  /** The type the network computes in. */
  public DType dtype() {
    return dtype;
  }

  @Override
  public void plain(String name) {
    add(name, dtype);
  }

  /**
   * A table of which rows are read one by one. It stays in its file where its type is the working
   * one; bfloat16 is then carried as float16.
   */
  @Override
  public void table(String name) {
    MappedTensor file = checkpoint.map(name);
    long before = stepBytes;
    if (file.dtype() != dtype || !program.onCpu()) {
      file.close();
      plain(name);
      stepBytes = before; // A step reads a row of it.
      return;
    }
    mapped.add(file);
    keep(manager.create(file.bytes(), new Shape(file.shape()), Torch.carrier(dtype)), file);
    stepBytes = before;
  }

  @Override
  public void float32(String name) {
    add(name, DType.FLOAT32);
  }

  @Override
  public void matrix(String name) {
    if (pack || quantization != Quantization.NONE) {
      matrix(name, (matrix, scope) -> matrix);
      rememberFile(name);
    } else if (program.onCpu()
        && dtype == DType.BFLOAT16
        && checkpoint.entry(name).dtype() == DType.BFLOAT16) {
      inItsFile(name);
    } else {
      plain(name);
    }
  }

  /** A matrix in bfloat16 that is read from its mapped file, which all processes here share. */
  private void inItsFile(String name) {
    MappedTensor file = checkpoint.map(name);
    mapped.add(file);
    try (PtNDManager scope = program.newScope();
        NDArray raw = HostTensors.raw(tensor(file), scope);
        Call call = program.call("bfloat16_view").with(raw)) {
      keep(call.tensor(manager), file);
    }
  }

  /** Maps the file of a packed matrix anew, which takes no memory until it is read. */
  private void rememberFile(String name) {
    TensorEntry entry = checkpoint.entry(name);
    if (readsFiles && entry.dtype() == DType.BFLOAT16 && entry.strides().isEmpty()) {
      originals.put(tensors.size() - 1, checkpoint.map(name));
    }
  }

  /** What is done to a matrix before it is packed. */
  @FunctionalInterface
  public interface Change {
    /** Returns the matrix to use instead, in the same type. */
    NDArray apply(NDArray matrix, PtNDManager scope);
  }

  /** The weight [out, in] of a linear layer, changed on the way. */
  public void matrix(String name, Change change) {
    try (MappedTensor file = checkpoint.map(name);
        PtNDManager scope = program.newScope()) {
      if (quantization != Quantization.NONE && isRegular(file)) {
        quantize(file, change, scope);
        return;
      }
      NDArray matrix = change.apply(adopt(file, dtype, scope), scope);
      if (pack) {
        try (Call call = program.call("pack").with(matrix)) {
          matrix = call.tensor(scope);
        }
      } else {
        // What may still lie in the file must outlive it.
        matrix = matrix.duplicate();
      }
      keep(matrix, file);
    }
  }

  // PyTorch's product with 8-bit matrices reads 16 numbers of a row at a time.
  private static boolean isRegular(MappedTensor file) {
    return file.shape()[1] % REGULAR == 0;
  }

  private void quantize(MappedTensor file, Change change, PtNDManager scope) {
    // From the numbers as they are stored: rounding them first would lose more.
    DType exact = file.dtype() == DType.BFLOAT16 ? DType.BFLOAT16 : DType.FLOAT32;
    List<NDArray> both;
    try (Call call =
        program.call("quantize").with(change.apply(adopt(file, exact, scope), scope))) {
      both = call.tensors(manager);
    }
    NDArray wide = manager.create(new Shape(0));
    if (quantization == Quantization.MIXED) {
      NDArray matrix = change.apply(adopt(file, dtype, scope), scope);
      try (Call call = program.call(pack ? "pack" : "same").with(matrix)) {
        wide = call.tensor(scope);
      }
    }
    keep(wide, file);
    quantized.set(quantized.size() - 2, both.get(0));
    quantized.set(quantized.size() - 1, both.get(1));
    stepBytes += file.shape()[0] * (file.shape()[1] + 2) - bytesOf(wide);
  }

  private long bytesOf(NDArray tensor) {
    return tensor.getShape().size() * dtype.bytes();
  }

  private void add(String name, DType as) {
    MappedTensor file = checkpoint.map(name);
    mapped.add(file);
    try (PtNDManager scope = program.newScope()) {
      keep(adopt(file, as, scope), file);
    }
    // Reinterpreting bfloat16 copies it.
    boolean inPlace = program.onCpu() && file.dtype() == as && as != DType.BFLOAT16;
    if (!inPlace) {
      mapped.removeLast();
      file.close();
    }
  }

  private void keep(NDArray tensor, MappedTensor file) {
    tensor.attach(manager);
    tensors.add(tensor);
    if (quantization != Quantization.NONE) {
      quantized.add(manager.create(new Shape(0)));
      quantized.add(manager.create(new Shape(0)));
    }
    stepBytes += bytesOf(tensor);
    bytes += file.bytes().remaining();
    progress.loaded(bytes);
  }

  private NDArray adopt(MappedTensor file, DType as, PtNDManager scope) {
    return HostTensors.enter(program, tensor(file), as, scope);
  }

  private static HostTensor tensor(MappedTensor file) {
    return new HostTensor(file.dtype(), file.shape(), file.bytes());
  }

  /** Ends loading. The loader is not used afterwards. */
  public Weights finish() {
    TensorList all = new TensorList(tensors, manager);
    TensorList narrow = new TensorList(quantized, program.newScope());
    return new Weights(
        named(all, narrow),
        all,
        narrow,
        List.copyOf(mapped),
        Map.copyOf(originals),
        dtype,
        stepBytes,
        List.copyOf(tensors),
        List.copyOf(quantized));
  }

  private ScriptValue named(TensorList all, TensorList narrow) {
    try (Call call = program.call(network.weights().reader()).with(all)) {
      return network.weights().isQuantizable() ? call.with(narrow).value() : call.value();
    }
  }

  /** Frees what was loaded when a later tensor failed. */
  public void abandon() {
    manager.close();
    mapped.forEach(MappedTensor::close);
    originals.values().forEach(MappedTensor::close);
  }
}
