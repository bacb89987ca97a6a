// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.model.json;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.owlmesh.core.OwlException;
import io.owlmesh.model.RegularFile;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** Strict JSON (a repeated key is an error: readers would disagree on which one counts). */
public final class StrictJson {
  private static final int MAX_FILE = 100_000_000;

  public static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private StrictJson() {}

  public static JsonNode parse(byte[] text) throws IOException {
    JsonNode node = MAPPER.readTree(text);
    return node == null ? MissingNode.getInstance() : node;
  }

  /**
   * Reads a file that must be a JSON object.
   *
   * @throws OwlException BAD_CHECKPOINT if it is not, or is larger than 100 MB
   */
  public static JsonNode object(Path file) {
    return object(file, MAX_FILE);
  }

  /** As above, with a limit in bytes. */
  public static JsonNode object(Path file, int most) {
    String where = String.valueOf(file.getFileName());
    byte[] text = RegularFile.read(file, where, most);
    try {
      JsonNode node = parse(text);
      if (!node.isObject()) {
        throw OwlException.badCheckpoint(where, "not a JSON object");
      }
      return node;
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw OwlException.badCheckpoint(where, "not JSON: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw OwlException.badCheckpoint(where, "cannot be read: " + RegularFile.reason(e));
    }
  }

  /** Exactly {@code length} bytes from {@code position}. */
  public static byte[] readFully(FileChannel channel, long position, int length)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, position + buffer.position()) < 0) {
        throw new EOFException("the file ends at byte " + (position + buffer.position()));
      }
    }
    return buffer.array();
  }

  /** A number as JSON spells it, without a fraction where there is none. */
  public static String plain(double value) {
    return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
  }
}
