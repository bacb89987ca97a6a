// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.client;

import com.google.common.io.ByteSource;
import com.google.protobuf.ByteString;
import io.owlmesh.proto.llm.v1.AdapterHeader;
import io.owlmesh.proto.llm.v1.FileChunk;
import io.owlmesh.proto.llm.v1.UploadAdapterRequest;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** The messages that upload an adapter: what it is, then its files in pieces, one in memory. */
final class AdapterUpload implements Iterator<UploadAdapterRequest>, AutoCloseable {
  private final Iterator<Map.Entry<String, ByteSource>> files;
  private @Nullable UploadAdapterRequest next;
  private String file = "";
  private InputStream open = InputStream.nullInputStream();

  AdapterUpload(AdapterHeader header, Map<String, ByteSource> files) {
    this.files = files.entrySet().iterator();
    next = UploadAdapterRequest.newBuilder().setHeader(header).build();
  }

  @Override
  public boolean hasNext() {
    return next != null;
  }

  /** Throws an {@link UncheckedIOException} if a file cannot be read. */
  @Override
  public UploadAdapterRequest next() {
    UploadAdapterRequest message = next;
    if (message == null) {
      throw new NoSuchElementException();
    }
    try {
      next = read();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
    return message;
  }

  private @Nullable UploadAdapterRequest read() throws IOException {
    while (true) {
      byte[] piece = open.readNBytes(AskUpload.CHUNK_BYTES);
      if (piece.length > 0) {
        return UploadAdapterRequest.newBuilder()
            .setChunk(FileChunk.newBuilder().setFile(file).setContent(ByteString.copyFrom(piece)))
            .build();
      }
      open.close();
      if (!files.hasNext()) {
        return null;
      }
      Map.Entry<String, ByteSource> following = files.next();
      file = following.getKey();
      open = following.getValue().openStream();
    }
  }

  /** Closes the file that was being sent. */
  @Override
  public void close() {
    try {
      open.close();
    } catch (IOException unread) {
      // It was only read.
    }
  }
}
