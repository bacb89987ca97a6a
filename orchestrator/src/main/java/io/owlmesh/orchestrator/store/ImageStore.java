// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import com.google.protobuf.ByteString;
import java.util.Optional;

/**
 * Image files by names of 64 hex digits, each of which stands for the same content for ever.
 * Failures are UNAVAILABLE.
 */
public interface ImageStore extends AutoCloseable {
  /** Keeps a file; once this returns it survives a crash. One that is there already stays. */
  void put(String sha256, ByteString file);

  /** A file, if it is there. */
  Optional<ByteString> get(String sha256);

  /** Deletes a file, if it is there. */
  void delete(String sha256);

  @Override
  void close();
}
