// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.abstractor;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;

/**
 * Settings of the abstractor service; each is also an environment variable, as {@code OWL_DEVICE}.
 */
@ConfigMapping(prefix = "owl")
public interface AbstractorConfig {
  /** Folder of the checkpoint, of which only the abstractor is read. */
  Path checkpoint();

  /** Where the abstractor runs: {@code cpu} or {@code cuda:N}. */
  @WithDefault("cpu")
  String device();

  /** {@code auto} (as stored), {@code float32}, {@code bfloat16} or {@code float16}. */
  @WithDefault("auto")
  String dtype();

  /** Threads of one operator on the CPU; 0: one per core, one in all for a small network. */
  @WithDefault("0")
  int threads();

  /** Images resampled together at most. */
  @WithDefault("8")
  int maxBatch();

  /** Images that may wait for the engine; more are refused at once. */
  @WithDefault("64")
  int queue();

  /** Images of one stream in work at a time; the sender pauses at it. */
  @WithDefault("16")
  int window();
}
