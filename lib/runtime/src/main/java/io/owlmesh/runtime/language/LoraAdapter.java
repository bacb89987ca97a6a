// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.runtime.language;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import io.owlmesh.core.DType;
import io.owlmesh.core.HostTensor;
import io.owlmesh.core.Sha256;
import io.owlmesh.model.checkpoint.AdapterFile;
import io.owlmesh.runtime.HostTensors;
import io.owlmesh.runtime.Program;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;

/**
 * A LoRA on the device, applied beside the base weights: y = W x + B (A x) with A and B in float32
 * and the scaling already in B.
 */
public final class LoraAdapter implements AutoCloseable {
  private final String name;
  private final int rank;
  private final long parameters;
  private final String digest;
  private final List<NDArray> matrices;
  private final PtNDManager scope;

  LoraAdapter(
      String name,
      int rank,
      long parameters,
      String digest,
      List<NDArray> matrices,
      PtNDManager scope) {
    this.name = name;
    this.rank = rank;
    this.parameters = parameters;
    this.digest = digest;
    this.matrices = matrices;
    this.scope = scope;
  }

  /** A then B for each module; where the adapter has none, two empty tensors. */
  static LoraAdapter load(AdapterFile file, Program program, List<String> modules) {
    PtNDManager scope = program.newScope();
    try {
      List<NDArray> tensors = new ArrayList<>();
      for (String module : modules) {
        AdapterFile.Pair pair = file.modules().get(module);
        if (pair == null) {
          tensors.add(scope.create(new Shape(0)));
          tensors.add(scope.create(new Shape(0)));
        } else {
          tensors.add(scaled(program, pair.a(), 1, scope));
          tensors.add(scaled(program, pair.b(), pair.scaling(), scope));
        }
      }
      return new LoraAdapter(
          file.name(), file.rank(), file.parameters(), digest(file), tensors, scope);
    } catch (RuntimeException e) {
      scope.close();
      throw e;
    }
  }

  /** A matrix in float32, times a number. */
  static NDArray scaled(Program program, HostTensor matrix, double scaling, PtNDManager scope) {
    float[] values = matrix.toFloats();
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (values[i] * scaling);
    }
    return HostTensors.enter(
        program, HostTensor.ofFloats(values, matrix.shape()), DType.FLOAT32, scope);
  }

  /** SHA-256, hex, over scaling, names, shapes and values. */
  private static String digest(AdapterFile file) {
    MessageDigest sha = Sha256.begin();
    file.modules()
        .forEach((module, pair) -> {
          update(sha, "scaling " + pair.scaling());
          for (HostTensor tensor : List.of(pair.a(), pair.b())) {
            update(sha, module + " " + tensor);
            sha.update(tensor.bytes());
          }
        });
    return Sha256.hex(sha);
  }

  private static void update(MessageDigest sha, String text) {
    sha.update(text.getBytes(StandardCharsets.UTF_8));
    sha.update((byte) 0);
  }

  public String name() {
    return name;
  }

  public int rank() {
    return rank;
  }

  /** How many numbers it has. */
  public long parameters() {
    return parameters;
  }

  /** SHA-256 over its values, hex. */
  public String digest() {
    return digest;
  }

  /** Whether it changes nothing. */
  boolean isNone() {
    return matrices.isEmpty();
  }

  /** A then B for each matrix of each layer. */
  List<NDArray> matrices() {
    return matrices;
  }

  @Override
  public void close() {
    scope.close();
  }
}
