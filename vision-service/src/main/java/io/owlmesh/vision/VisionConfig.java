// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.vision;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;

/** Settings of the vision service; each is also an environment variable, as {@code OWL_DEVICE}. */
@ConfigMapping(prefix = "owl")
public interface VisionConfig {
  /** Folder of the checkpoint, of which only the vision encoder is read. */
  Path checkpoint();

  /** Where the encoder runs: {@code cpu} or {@code cuda:N}. */
  @WithDefault("cpu")
  String device();

  /** {@code auto} (as stored), {@code float32}, {@code bfloat16} or {@code float16}. */
  @WithDefault("auto")
  String dtype();

  /** Threads of one operator on the CPU; 0: one per core, one in all for a small network. */
  @WithDefault("0")
  int threads();

  /** Images encoded together at most: larger batches gain little and delay the first. */
  @WithDefault("8")
  int maxBatch();

  /** Images that may wait for the encoder; more are refused at once. */
  @WithDefault("64")
  int queue();

  /** Images of one stream in work at a time; the sender pauses at it. */
  @WithDefault("16")
  int window();

  /** Threads that decode image files; 0 for one per core. */
  @WithDefault("0")
  int decoders();

  /** Largest image file, bytes. */
  @WithDefault("20971520")
  int maxImageBytes();

  /** Largest image, pixels: a decoded one takes 3 bytes each. */
  @WithDefault("50000000")
  long maxImagePixels();

  /** Longest side of an image, pixels. */
  @WithDefault("20000")
  int maxImageSide();
}
