// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.client;

import com.google.protobuf.ByteString;
import io.owlmesh.proto.chat.v1.ImageHeader;
import io.owlmesh.proto.chat.v1.UploadImageRequest;
import java.util.Iterator;
import java.util.NoSuchElementException;

/** The messages that upload one image file: its size, then its bytes in pieces. */
final class ImageUpload implements Iterator<UploadImageRequest> {
  private final ByteString file;
  private int next = -1;

  ImageUpload(ByteString file) {
    this.file = file;
  }

  @Override
  public boolean hasNext() {
    return next < file.size();
  }

  @Override
  public UploadImageRequest next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    if (next < 0) {
      next = 0;
      return UploadImageRequest.newBuilder()
          .setHeader(ImageHeader.newBuilder().setSizeBytes(file.size()))
          .build();
    }
    int from = next;
    next = Math.min(file.size(), from + AskUpload.CHUNK_BYTES);
    return UploadImageRequest.newBuilder().setData(file.substring(from, next)).build();
  }
}
