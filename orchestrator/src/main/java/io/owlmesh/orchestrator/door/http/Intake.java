// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.door.http;

import io.vertx.core.buffer.Buffer;

/** Takes a body piece by piece as it arrives, on the thread of the network. */
public interface Intake {
  /**
   * Takes the next bytes.
   *
   * @throws RuntimeException to refuse the body
   */
  void take(Buffer piece);

  /** Bytes of memory that reading what has come will take at most. */
  long memory();

  /** Takes bytes as they are. */
  final class Bytes implements Intake {
    private final Buffer content = Buffer.buffer();
    private final int copies;

    /**
     * @param copies what reading the body takes, in times of its size
     */
    public Bytes(int copies) {
      this.copies = copies;
    }

    @Override
    public void take(Buffer piece) {
      content.appendBuffer(piece);
    }

    @Override
    public long memory() {
      return (long) copies * content.length();
    }

    /** All bytes so far. */
    public Buffer content() {
      return content;
    }
  }
}
