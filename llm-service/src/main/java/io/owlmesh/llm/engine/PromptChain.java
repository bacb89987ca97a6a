// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import com.google.protobuf.ByteString;

/**
 * A beginning of a prompt that has a name.
 *
 * @param name chosen by the caller
 * @param end positions of it
 */
public record PromptChain(ByteString name, int end) {
  /** Blocks that it fills. */
  int blocks() {
    return end / BlockManager.SIZE;
  }
}
