// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.images;

import java.util.Map;

/** Where the tensors of an image are computed. */
public enum Flavour {
  /** With PyTorch's natives for the processor. */
  CPU(""),
  /** Without natives: the base has a libtorch for CUDA in {@code /opt/libtorch}. */
  CUDA("-cuda");

  private final String suffix;

  Flavour(String suffix) {
    this.suffix = suffix;
  }

  /** What follows the tag. */
  String suffix() {
    return suffix;
  }

  Map<String, String> environment() {
    return this == CUDA ? Map.of("PYTORCH_LIBRARY_PATH", "/opt/libtorch/lib") : Map.of();
  }

  /** Whether a library belongs into the image. */
  boolean has(String jar) {
    return this == CPU || !jar.contains("pytorch-native-");
  }
}
