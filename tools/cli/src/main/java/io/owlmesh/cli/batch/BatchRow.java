// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.batch;

import com.google.protobuf.ByteString;
import io.owlmesh.client.AskRequest;
import io.owlmesh.core.Sha256;
import io.owlmesh.proto.chat.v1.AnswerOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A question of a batch.
 *
 * @param number which row of the input, from 1
 * @param images files that it is about, in order; perhaps none
 */
record BatchRow(long number, List<Path> images, String question) {
  private static final long MAX_IMAGE = 20L << 20;

  /**
   * A row with its files.
   *
   * @param digests SHA-256 of each file, hex
   */
  record Loaded(BatchRow row, AskRequest request, List<String> digests) {
    /**
     * By what its answer is known: SHA-256, hex, of all that it depends on.
     *
     * @param weights digests of the mesh's weights
     */
    String key(List<String> weights, AnswerOptions options) {
      List<ByteBuffer> parts = new ArrayList<>();
      for (String text :
          List.of(
              String.join(" ", weights),
              options.toBuilder().clearPriority().build().toString(),
              String.join(" ", digests),
              row.question())) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        parts.add(ByteBuffer.allocate(Integer.BYTES).putInt(0, bytes.length));
        parts.add(ByteBuffer.wrap(bytes));
      }
      return Sha256.hex(parts);
    }
  }

  /**
   * Reads the files.
   *
   * @throws IOException naming the one that cannot be read or is too large
   */
  Loaded load() throws IOException {
    List<ByteString> files = new ArrayList<>();
    List<String> digests = new ArrayList<>();
    for (Path image : images) {
      if (Files.size(image) > MAX_IMAGE) {
        throw new IOException("%s: more than %d bytes".formatted(image, MAX_IMAGE));
      }
      ByteString file = ByteString.copyFrom(Files.readAllBytes(image));
      files.add(file);
      digests.add(Sha256.hex(List.of(file.asReadOnlyByteBuffer())));
    }
    return new Loaded(this, new AskRequest(question, files), digests);
  }
}
