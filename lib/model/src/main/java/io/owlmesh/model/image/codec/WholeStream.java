// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.image.codec;

import java.io.IOException;
import javax.imageio.stream.ImageInputStreamImpl;

/**
 * Bytes that must suffice. A decoder that takes the end for zeros makes pixels out of nothing, and
 * slowly; so the end is a failure here, and not one of those that it knows. The length is not told:
 * a decoder that knows it refuses pictures of one colour for being packed too well.
 */
final class WholeStream extends ImageInputStreamImpl {
  private final byte[] bytes;

  WholeStream(byte[] bytes) {
    this.bytes = bytes;
  }

  @Override
  public int read() throws IOException {
    checkClosed();
    bitOffset = 0;
    requireMore();
    return bytes[(int) streamPos++] & 0xff;
  }

  @Override
  public int read(byte[] to, int offset, int length) throws IOException {
    checkClosed();
    bitOffset = 0;
    if (length == 0) {
      return 0;
    }
    requireMore();
    int count = (int) Math.min(length, bytes.length - streamPos);
    System.arraycopy(bytes, (int) streamPos, to, offset, count);
    streamPos += count;
    return count;
  }

  private void requireMore() throws IOException {
    if (streamPos >= bytes.length) {
      throw new IOException("read past the end");
    }
  }
}
