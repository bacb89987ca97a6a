// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.llm.engine;

import io.owlmesh.core.Sha256;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/**
 * What the keys and values of a block depend on: the adapter, and every position up to the block's
 * last; and whose they are, for nobody is to learn from a short wait what others asked. 128 bits of
 * a SHA-256, so nobody can make a prompt that finds the blocks of another.
 */
record BlockHash(long high, long low) {
  /**
   * The key before the first block.
   *
   * @param tenant whose blocks no other finds
   */
  static BlockHash root(String adapterDigest, String tenant) {
    String root = adapterDigest + "\n" + tenant;
    return of(new BlockHash(0, 0), root.getBytes(StandardCharsets.UTF_8));
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
