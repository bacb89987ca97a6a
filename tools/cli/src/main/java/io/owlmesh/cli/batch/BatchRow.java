// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.batch;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.owlmesh.client.AskRequest;
import io.owlmesh.core.Sha256;
import io.owlmesh.trainer.data.TrainingSample;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A question of a batch.
 *
 * @param number which row of the input, from 1
 * @param images that it is about, in order; perhaps none
 */
record BatchRow(long number, List<TrainingSample.Image> images, String question) {
  /**
   * A row with its files.
   *
   * @param digests SHA-256 of each file, hex
   */
  record Loaded(BatchRow row, AskRequest request, List<String> digests) {
    /**
     * By what its answer is known: SHA-256, hex, of all that it depends on, a line each.
     *
     * @param model digest of weights and options, see {@link #model}
     */
    String key(String model) {
      return sha256(String.join("\n", model, String.join(" ", digests), row.question()));
    }
  }

  /** What answers: SHA-256, hex, of weights and of what they are asked with. */
  static String model(List<String> weights, String options) {
    return sha256(String.join(" ", weights) + "\n" + options);
  }

  private static String sha256(String text) {
    return Sha256.hex(List.of(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8))));
  }

  /**
   * Reads the files.
   *
   * @throws IOException naming the one that cannot be read or is too large
   */
  Loaded load() throws IOException {
    List<ByteString> files = new ArrayList<>();
    List<String> digests = new ArrayList<>();
    for (TrainingSample.Image image : images) {
      byte[] bytes = image.read();
      if (bytes.length > FileImage.MOST) {
        throw FileImage.tooLarge(image.name());
      }
      ByteString file = UnsafeByteOperations.unsafeWrap(bytes);
      files.add(file);
      digests.add(Sha256.hex(List.of(file.asReadOnlyByteBuffer())));
    }
    return new Loaded(this, new AskRequest(question, files), digests);
  }
}
