// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.client;

import com.google.protobuf.ByteString;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Function;

/** The messages that send one image file: what it is, then its bytes in pieces. */
final class ImageUpload<Q> implements Iterator<Q> {
  private final ByteString file;
  private final Q header;
  private final Function<ByteString, Q> piece;
  private int next = -1;

  ImageUpload(ByteString file, Q header, Function<ByteString, Q> piece) {
    this.file = file;
    this.header = header;
    this.piece = piece;
  }

  @Override
  public boolean hasNext() {
    return next < file.size();
  }

  @Override
  public Q next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    if (next < 0) {
      next = 0;
      return header;
    }
    int from = next;
    next = Math.min(file.size(), from + AskUpload.CHUNK_BYTES);
    return piece.apply(file.substring(from, next));
  }
}
