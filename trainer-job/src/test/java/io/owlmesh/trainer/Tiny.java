// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer;

import java.nio.file.Path;

/** The golden values of the tiny model. */
public final class Tiny {
  public static final Path FOLDER = Path.of("../lib/model/src/test/resources/owl-tiny");
  public static final Path CHECKPOINT = FOLDER.resolve("checkpoints/safetensors");
  public static final Path ADAPTER = FOLDER.resolve("adapters/peft");

  private Tiny() {}
}
