// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.core;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256, the one hash by which contents are known. */
public final class Sha256 {
  private Sha256() {}

  /** A digest of nothing yet. */
  public static MessageDigest begin() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Of all bytes that remain in these buffers, in order: 64 lower-case hexadecimal digits. */
  public static String hex(Iterable<ByteBuffer> pieces) {
    MessageDigest digest = begin();
    pieces.forEach(digest::update);
    return hex(digest);
  }

  /** Ends a digest: 64 lower-case hexadecimal digits. */
  public static String hex(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest());
  }
}
