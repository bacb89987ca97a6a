// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.images;

import java.util.Map;

/** Where the tensors of an image are computed. */
public enum Flavour {
  /** With PyTorch's natives for the processor. */
  CPU("", Map.of()),
  /** Without natives: the base has a libtorch for CUDA in {@code /opt/libtorch}. */
  CUDA("-cuda", Map.of("PYTORCH_LIBRARY_PATH", "/opt/libtorch/lib"));

  private final String suffix;
  private final Map<String, String> environment;

  Flavour(String suffix, Map<String, String> environment) {
    this.suffix = suffix;
    this.environment = environment;
  }

  /** What follows the tag. */
  String suffix() {
    return suffix;
  }

  Map<String, String> environment() {
    return environment;
  }

  /** Whether a library belongs into the image. */
  boolean has(String jar) {
    return this == CPU || !jar.contains("pytorch-native-");
  }
}
