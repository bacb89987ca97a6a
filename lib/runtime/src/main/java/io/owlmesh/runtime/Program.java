// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * A network as a TorchScript program without weights: they are arguments of its methods, so one
 * program serves every checkpoint, adapter and precision. Used by one thread at a time.
 */
public final class Program implements AutoCloseable {
  private static final String COMMON = "/io/owlmesh/model/engine/common.py";

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
   * @param resources methods of the network; the operations that all networks share are put before
   *     them
   * @param parameters of the network, which decide how many threads pay
   */
  public static Program load(List<String> resources, long parameters, EngineOptions asked) {
    EngineOptions options = asked.forParameters(parameters);
    PtNDManager manager = Torch.manager(options.device());
    Torch.prepareThread(options.threads());
    try {
      StringBuilder source = new StringBuilder(read(COMMON));
      resources.forEach(resource -> source.append(read(resource)));
      byte[] archive = ScriptArchive.of(source.toString());
      PtSymbolBlock block =
          JniUtils.loadModule(manager, new ByteArrayInputStream(archive), false, false);
      return new Program(manager, block, options);
    } catch (IOException e) {
      manager.close();
      throw new UncheckedIOException(resources.toString(), e);
    } catch (RuntimeException e) {
      manager.close();
      throw e;
    }
  }

  private static String read(String resource) {
    try (InputStream in = Program.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException(resource + " is not in the jar");
      }
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(resource, e);
    }
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
