// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.client;

import com.google.protobuf.ByteString;
import io.owlmesh.proto.chat.v1.EncodeImageResponse;
import java.util.ArrayList;
import java.util.List;

/**
 * What the visual stages of a mesh made of an image.
 *
 * @param shape sizes, outermost first
 * @param weights digests of those that made it
 * @param floats float32, little-endian, row by row
 */
public record EncodedImage(List<Long> shape, List<String> weights, ByteString floats) {
  /** Of its pieces in order. */
  static EncodedImage of(List<EncodeImageResponse> pieces) {
    List<ByteString> data = new ArrayList<>();
    pieces.forEach(piece -> data.add(piece.getData()));
    EncodeImageResponse first =
        pieces.isEmpty() ? EncodeImageResponse.getDefaultInstance() : pieces.getFirst();
    return new EncodedImage(
        first.getShapeList(), first.getWeightsList(), ByteString.copyFrom(data));
  }
}
