// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.job;

import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.weights.SafetensorsFile;
import io.owlmesh.model.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HexFormat;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a stage needs to go on after its process died: weights, moments and the number of the next
 * step, of which the data, the schedule and all random numbers are functions. The file changes in
 * one step, so a kill at any moment leaves the old one or the new one.
 */
final class StageState {
  private static final String STEP = "job/step";
  private static final String FINGERPRINT = "job/fingerprint";

  private final Path file;
  private final String fingerprint;

  StageState(Path folder, String fingerprint) {
    this.file = folder.resolve("state.safetensors");
    this.fingerprint = fingerprint;
  }

  /**
   * Saves.
   *
   * @param learnt as {@link StepWork#state} tells it
   * @param step the next one
   */
  void save(SortedMap<String, HostTensor> learnt, long step) throws IOException {
    SortedMap<String, HostTensor> state = new TreeMap<>(learnt);
    ByteBuffer number = ByteBuffer.allocateDirect(8).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    state.put(STEP, new HostTensor(DType.INT64, new long[] {1}, number.putLong(0, step)));
    byte[] bytes = HexFormat.of().parseHex(fingerprint);
    state.put(
        FINGERPRINT,
        new HostTensor(
            DType.UINT8,
            new long[] {bytes.length},
            ByteBuffer.allocateDirect(bytes.length).put(bytes).flip()));
    Path partial = file.resolveSibling("state.partial");
    Files.deleteIfExists(partial);
    SafetensorsWriter.writeAll(partial, state, Map.of("format", "pt"));
    Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /**
   * Goes on from what was saved.
   *
   * @return the next step; empty if nothing of this stage with these inputs is there
   */
  OptionalLong restore(StepWork work) {
    if (!Files.exists(file)) {
      return OptionalLong.empty();
    }
    SortedMap<String, HostTensor> state = SafetensorsFile.load(file);
    if (!fingerprint.equals(fingerprint(state))) {
      return OptionalLong.empty();
    }
    work.restore(state);
    HostTensor step = state.get(STEP);
    if (step == null) {
      throw OwlException.badInput("state", file + " lacks " + STEP);
    }
    return OptionalLong.of(step.bytes().getLong());
  }

  private static String fingerprint(SortedMap<String, HostTensor> state) {
    HostTensor tensor = state.get(FINGERPRINT);
    if (tensor == null) {
      return "";
    }
    byte[] bytes = new byte[tensor.bytes().remaining()];
    tensor.bytes().get(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  /** Forgets what was saved. */
  void delete() throws IOException {
    Files.deleteIfExists(file);
  }
}
