// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
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

  /**
   * {@code none}; {@code int8}: matrices in 8 bits; {@code mixed}: in 8 bits for steps of few rows,
   * in bfloat16 for others.
   */
  @WithDefault("none")
  String quantize();

  /** Threads of one operator on the CPU; 0: one per core, one in all for a small network. */
  @WithDefault("0")
  int threads();

  /** Answers that are written at a time, all in one step. */
  @WithDefault("16")
  int maxSequences();

  /**
   * Positions computed in one step: longer prompts are read in pieces, between other answers'
   * tokens.
   */
  @WithDefault("256")
  int maxBatchedTokens();

  /**
   * Times as long as without it that answers may wait for a token while a prompt is read, at least
   * 1, or 0 for any: shorter pieces of prompts are read then.
   */
  @WithDefault("2")
  double decodeSlowdown();

  /**
   * Ids that an answer which is alone may have computed in a step beside its newest one, because
   * they followed the same ids before; 0 to 7, 0 for none.
   */
  @WithDefault("0")
  int numSpeculativeTokens();

  /** Memory for keys and values of all answers, and of prompts that may come again. */
  @WithDefault("2147483648")
  long cacheBytes();

  /** Visual tokens that requests may name instead of sending them again; 0 for none. */
  @WithDefault("134217728")
  long heldImageBytes();

  /** A reader that takes nothing for so long loses its answer. */
  @WithDefault("30S")
  Duration slowReader();

  /** Requests that may wait for the engine; more are refused at once. */
  @WithDefault("64")
  int queue();

  /** Folder whose subfolders are LoRA adapters; all of them are loaded at the start. */
  Optional<Path> adapters();

  /** Memory of all adapters together, as float32; one that would exceed it is refused. */
  @WithDefault("4294967296")
  long adapterBytes();

  /** Folder of an adapter to add to the weights for good: no cost per token, but one for all. */
  Optional<Path> mergedAdapter();

  /** Tokens of an answer whose request names no limit. */
  @WithDefault("256")
  int maxNewTokens();
}
