// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import io.owlmesh.core.Sha256;
import java.nio.ByteBuffer;
import java.security.MessageDigest;

/**
 * What the keys and values of a block depend on: the adapter, and every position up to the block's
 * last. 128 bits of a SHA-256, so nobody can make a prompt that finds the blocks of another.
 */
record BlockHash(long high, long low) {
  /** The key before the first block. */
  static BlockHash root(String adapterDigest) {
    return of(new BlockHash(0, 0), adapterDigest.getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  /**
   * The key of a block.
   *
   * @param content of its positions
   */
  static BlockHash of(BlockHash before, byte[] content) {
    MessageDigest sha = Sha256.begin();
    sha.update(ByteBuffer.allocate(16).putLong(before.high).putLong(before.low).array());
    ByteBuffer digest = ByteBuffer.wrap(sha.digest(content));
    return new BlockHash(digest.getLong(), digest.getLong());
  }
}
