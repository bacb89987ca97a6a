// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.pipeline;

import com.google.protobuf.ByteString;
import io.owlmesh.core.Sha256;
import java.util.function.Supplier;

/**
 * An image file, which need not be in memory.
 *
 * @param sha256 of its bytes, 64 hex digits
 * @param bytes reads it; asked only where its visual tokens are not known
 */
public record ImageContent(String sha256, Supplier<ByteString> bytes) {
  /** A file in memory. */
  public static ImageContent of(ByteString file) {
    return new ImageContent(sha256(file), () -> file);
  }

  /** SHA-256 of bytes, 64 hex digits. */
  public static String sha256(ByteString file) {
    return Sha256.hex(file.asReadOnlyByteBufferList());
  }
}
