// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

/**
 * What decoding could reach at best: every token reads all weights once.
 *
 * @param bytesPerSecond that the memory gives
 * @param weightBytes that one decode step reads; 0 if the mesh does not tell
 * @param device that the language model runs on; empty if the mesh does not tell
 */
public record DecodeLimit(double bytesPerSecond, long weightBytes, String device) {

  /** Whether the memory that was measured is the one that the weights lie in. */
  boolean applies() {
    return weightBytes > 0 && device.startsWith("cpu");
  }

  double tokensPerSecond() {
    return bytesPerSecond / weightBytes;
  }
}
