// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import io.owlmesh.model.script.NamedTuple;
import io.owlmesh.model.script.Script;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * A network as a TorchScript program without weights: they are arguments of its methods, so one
 * program serves every checkpoint, adapter and precision. Used by one thread at a time.
 */
public final class Program implements AutoCloseable {
  /** A matrix as it is kept: whole, or in 8 bits with a scale of each row, or both. */
  private static final NamedTuple MATRIX =
      new NamedTuple(
          "Matrix",
          List.of(
              new NamedTuple.Field("weight", "Tensor"),
              new NamedTuple.Field("numbers", "Tensor"),
              new NamedTuple.Field("scales", "Tensor"),
              new NamedTuple.Field("narrow", "bool")));

  private static final Script COMMON =
      new Script(List.of(MATRIX), List.of(), List.of("/io/owlmesh/runtime/common.torchscript"));

  private final PtNDManager manager;
  private final PtSymbolBlock block;
  private final EngineOptions options;

  private Program(PtNDManager manager, PtSymbolBlock block, EngineOptions options) {
    this.manager = manager;
    this.block = block;
    this.options = options;
  }

  /**
   * Compiles a program.
   *
   * @param script the network; the operations that all networks share are added
   * @param parameters of the network, which decide how many threads pay
   */
  public static Program load(Script script, long parameters, EngineOptions asked) {
    EngineOptions options = asked.forParameters(parameters);
    return load(script, options, options.device().equals("cpu") && WideProducts.pay());
  }

  /** The shared operations alone, to measure whether widening pays. */
  static Program withoutWidening() {
    return load(Script.EMPTY, EngineOptions.DEFAULTS.forParameters(Long.MAX_VALUE), false);
  }

  private static Program load(Script script, EngineOptions options, boolean widens) {
    PtNDManager manager = Torch.manager(options.device());
    Torch.prepareThread(options.threads());
    try {
      byte[] archive = ScriptArchive.of(COMMON.plus(widening(widens)).plus(script).source());
      PtSymbolBlock block =
          JniUtils.loadModule(manager, new ByteArrayInputStream(archive), false, false);
      return new Program(manager, block, options);
    } catch (IOException e) {
      manager.close();
      throw new UncheckedIOException(script.resources().toString(), e);
    } catch (RuntimeException e) {
      manager.close();
      throw e;
    }
  }

  /** {@code widens()}: whether products of many rows in bfloat16 are computed in float32. */
  private static Script widening(boolean widens) {
    String answer = widens ? "True" : "False";
    return new Script(
        List.of(),
        List.of("  def widens(self: __torch__.Net) -> bool:\n    return " + answer + "\n"),
        List.of());
  }

  /** Begins a call of a method; to be closed by the caller. */
  public Call call(String method) {
    Torch.prepareThread(options.threads());
    return new Call(block, method);
  }

  /**
   * Runs a method that may compute gradients; {@link #call} runs in inference mode, where none are
   * recorded.
   *
   * @param arguments named tensors of which neighbours named {@code x[]} form one list; gives the
   *     results to the manager of the first
   */
  public NDList learn(String method, NDList arguments) {
    Torch.prepareThread(options.threads());
    NDArray first = arguments.getFirst();
    try (NDArray name = first.getManager().create(0)) {
      name.setName("module_method:" + method);
      NDList all = new NDList(arguments);
      all.add(name);
      return IValueUtils.forward(block, all, true);
    }
  }

  public EngineOptions options() {
    return options;
  }

  boolean onCpu() {
    return options.device().equals("cpu");
  }

  /** A manager for what one piece of work allocates on the device; to be closed with it. */
  public PtNDManager newScope() {
    return manager.newSubManager(manager.getDevice());
  }

  @Override
  public void close() {
    block.close();
    manager.close();
  }
}
