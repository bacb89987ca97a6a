// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.client;

import com.google.protobuf.ByteString;
import io.owlmesh.proto.chat.v1.AnswerRequest;
import io.owlmesh.proto.chat.v1.Conversation;
import io.owlmesh.proto.chat.v1.ImageChunk;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** The messages of one request, made one by one: the conversation, then its images in pieces. */
final class AskUpload implements Iterator<AnswerRequest> {
  /** Half of what the contract allows: the transport's window is not held by one message. */
  static final int CHUNK_BYTES = 512 * 1024;

  private @Nullable Conversation conversation;
  private final List<ByteString> images;
  private int image;
  private int offset;

  AskUpload(Conversation conversation, List<ByteString> images) {
    this.conversation = conversation;
    this.images = List.copyOf(images);
  }

  @Override
  public boolean hasNext() {
    return conversation != null || image < images.size();
  }

  @Override
  public AnswerRequest next() {
    if (conversation != null) {
      AnswerRequest first = AnswerRequest.newBuilder().setConversation(conversation).build();
      conversation = null;
      return first;
    }
    if (image >= images.size()) {
      throw new NoSuchElementException();
    }
    ByteString bytes = images.get(image);
    int end = Math.min(bytes.size(), offset + CHUNK_BYTES);
    ImageChunk chunk =
        ImageChunk.newBuilder().setIndex(image).setData(bytes.substring(offset, end)).build();
    offset = end;
    if (end == bytes.size()) {
      image++;
      offset = 0;
    }
    return AnswerRequest.newBuilder().setImage(chunk).build();
  }
}
