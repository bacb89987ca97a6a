// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.jni.JniUtils;
import io.owlmesh.core.DType;
import io.owlmesh.core.OwlException;
import java.util.regex.Pattern;

/** The native library: loaded once a process, prepared once a thread. */
final class Torch {
  private static final Pattern DEVICE = Pattern.compile("cpu|cuda:\\d{1,2}");

  /** Threads of one operator, as they were set last on a thread. */
  private static final ThreadLocal<Integer> PREPARED = new ThreadLocal<>();

  private Torch() {}

  /** Loads the library when first used. */
  private static final class Holder {
    static final Engine ENGINE = load();

    private static Engine load() {
      HugePages.request();
      return Engine.getEngine("PyTorch");
    }
  }

  /** Native calls before the engine exists fail, so all of them come after this one. */
  private static Engine engine(boolean cpu) {
    System.setProperty("OPT_OUT_TRACKING", "true");
    if (cpu && System.getProperty("ai.djl.offline") == null) {
      // The CPU's natives come with the build; those of CUDA are fetched by DJL when asked for.
      System.setProperty("ai.djl.offline", "true");
    }
    return Holder.ENGINE;
  }

  /**
   * Must run on each thread before it calls native code.
   *
   * @param threads of one operator
   */
  static void prepareThread(int threads) {
    Integer before = PREPARED.get();
    if (before != null && before == threads) {
      return;
    }
    PREPARED.set(threads);
    if (before == null) {
      // The optimiser recompiles for every new shape, which costs more than it wins here.
      JniUtils.setGraphExecutorOptimize(false);
    }
    JniUtils.setNumThreads(threads);
  }

  /** A manager of its own on a device; whoever asked closes it. */
  static PtNDManager manager(String device) {
    if (!DEVICE.matcher(device).matches()) {
      throw OwlException.badInput("device", "'" + device + "'; known are cpu and cuda:N");
    }
    boolean cpu = device.equals("cpu");
    Engine engine = engine(cpu);
    if (cpu) {
      return (PtNDManager) engine.newBaseManager(Device.cpu());
    }
    int index = Integer.parseInt(device.substring("cuda:".length()));
    if (index >= engine.getGpuCount()) {
      throw OwlException.badInput(
          "device", device + ", but PyTorch sees " + engine.getGpuCount() + " CUDA devices");
    }
    return (PtNDManager) engine.newBaseManager(Device.gpu(index));
  }

  /**
   * The type under which bytes are handed over. DJL aborts the process on bfloat16, so its two
   * bytes travel as float16 and are reinterpreted inside a program.
   */
  static DataType carrier(DType dtype) {
    return switch (dtype) {
      case FLOAT32 -> DataType.FLOAT32;
      case FLOAT16, BFLOAT16 -> DataType.FLOAT16;
      case UINT8 -> DataType.UINT8;
      case INT8 -> DataType.INT8;
      case INT32 -> DataType.INT32;
      case INT64 -> DataType.INT64;
      case BOOL -> DataType.BOOLEAN;
    };
  }

  /** Number of a type in TorchScript. */
  static int number(DType dtype) {
    return switch (dtype) {
      case UINT8 -> 0;
      case INT8 -> 1;
      case INT32 -> 3;
      case INT64 -> 4;
      case FLOAT16 -> 5;
      case FLOAT32 -> 6;
      case BOOL -> 11;
      case BFLOAT16 -> 15;
    };
  }
}
