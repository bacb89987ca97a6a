// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.batch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.chat.v1.AnswerDone;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Answers as JSON lines, one a row, in the order of their ends. What an earlier run left is kept
 * and added to; a line that was cut off by a crash is dropped.
 */
final class BatchOutput implements AutoCloseable {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** What every line begins with. */
  private static final char BEGIN = '{';

  private final RandomAccessFile file;
  private final Set<String> answered = new HashSet<>();

  /**
   * Opens a file, or makes it.
   *
   * @throws OwlException BAD_INPUT, field {@code --output}, if another run writes it, or it ends
   *     with something that no run wrote
   */
  BatchOutput(Path path) throws IOException {
    file = new RandomAccessFile(path.toFile(), "rw");
    if (file.getChannel().tryLock() == null) {
      file.close();
      throw OwlException.badInput("--output", path + " is being written by another run");
    }
    dropCutOffLine(path);
    try (Stream<String> lines = Files.lines(path)) {
      for (String line : (Iterable<String>) lines::iterator) {
        JsonNode row = parse(line);
        if (row != null && row.hasNonNull("answer")) {
          answered.add(row.path("key").asText());
        }
      }
    }
    file.seek(file.length());
  }

  private void dropCutOffLine(Path path) throws IOException {
    long end = lastLine(file);
    file.seek(end);
    if (end < file.length() && file.read() != BEGIN) {
      throw OwlException.badInput("--output", path + " does not end as answers do");
    }
    file.setLength(end);
  }

  private static @org.jspecify.annotations.Nullable JsonNode parse(String line) {
    try {
      return JSON.readTree(line);
    } catch (JsonProcessingException cutOff) {
      return null;
    }
  }

  /** Where the last whole line ends. */
  private static long lastLine(RandomAccessFile file) throws IOException {
    for (long end = file.length(); end > 0; end--) {
      file.seek(end - 1);
      if (file.read() == '\n') {
        return end;
      }
    }
    return 0;
  }

  /** Whether a row of this key was answered before. */
  synchronized boolean has(String key) {
    return answered.contains(key);
  }

  /** Keeps an answer. */
  void answered(
      BatchRow.Loaded row, String key, String answer, AnswerDone done, List<String> weights)
      throws IOException {
    ObjectNode line = line(row.row(), key, row.digests());
    line.put("answer", answer)
        .put("finish_reason", done.getReason().name().replace("FINISH_REASON_", ""))
        .put("prompt_tokens", done.getPromptTokens())
        .put("completion_tokens", done.getCompletionTokens());
    ArrayNode digests = line.putArray("weights");
    weights.forEach(digests::add);
    write(line, key);
  }

  /** Keeps why there is no answer; the next run asks again. */
  void failed(BatchRow row, String key, List<String> digests, String code, String why)
      throws IOException {
    write(line(row, key, digests).put("error", code).put("message", why), "");
  }

  private static ObjectNode line(BatchRow row, String key, List<String> digests) {
    ObjectNode line = JSON.createObjectNode();
    line.put("row", row.number()).put("key", key).put("question", row.question());
    ArrayNode images = line.putArray("image_sha256");
    digests.forEach(images::add);
    return line;
  }

  private synchronized void write(ObjectNode line, String key) throws IOException {
    file.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    if (!key.isEmpty()) {
      answered.add(key);
    }
  }

  @Override
  public synchronized void close() {
    try {
      file.close();
    } catch (IOException e) {
      throw OwlException.badInput("--output", String.valueOf(e.getMessage()));
    }
  }
}
