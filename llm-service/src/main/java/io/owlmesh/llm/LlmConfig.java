// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Settings of the language model service; each is also an environment variable, as {@code
 * OWL_DEVICE}.
 */
@ConfigMapping(prefix = "owl")
public interface LlmConfig {
  /** Folder of the checkpoint, of which only language model and tokeniser are read. */
  Path checkpoint();

  /** Where the language model runs: {@code cpu} or {@code cuda:N}. */
  @WithDefault("cpu")
  String device();

  /** {@code auto} (as stored), {@code float32}, {@code bfloat16} or {@code float16}. */
  @WithDefault("auto")
  String dtype();

  /** Threads of one operator on the CPU; 0: one per core, one in all for a small network. */
  @WithDefault("0")
  int threads();

  /** Requests that may wait for the engine; more are refused at once. */
  @WithDefault("64")
  int queue();

  /** Folder whose subfolders are LoRA adapters; all of them are loaded at the start. */
  Optional<Path> adapters();

  /** Folder of an adapter to add to the weights for good: no cost per token, but one for all. */
  Optional<Path> mergedAdapter();

  /** Tokens of an answer whose request names no limit. */
  @WithDefault("256")
  int maxNewTokens();
}
