// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.cli.batch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.client.EncodedImage;
import io.owlmesh.core.OwlException;
import io.owlmesh.proto.chat.v1.AnswerDone;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Answers as JSON lines, one a row, in the order of their ends. What an earlier run left in a file
 * is kept and added to; a line that was cut off by a crash is dropped. On standard output, a line
 * that tells the model comes first.
 */
final class BatchOutput implements AutoCloseable {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** What every line begins with. */
  private static final char BEGIN = '{';

  private final @Nullable RandomAccessFile file;
  private final PrintWriter out;
  private final Set<String> answered = new HashSet<>();

  /**
   * Opens a file, or makes it.
   *
   * @throws OwlException BAD_INPUT, field {@code --output}, if another run writes it, or it ends
   *     with something that no run wrote
   */
  static BatchOutput of(Path path) throws IOException {
    RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw");
    if (file.getChannel().tryLock() == null) {
      file.close();
      throw OwlException.badInput("--output", path + " is being written by another run");
    }
    dropCutOffLine(file, path);
    BatchOutput output = new BatchOutput(file, new PrintWriter(Writer.nullWriter(), false));
    output.readAnswered(path);
    file.seek(file.length());
    return output;
  }

  /** Standard output, which nobody reads back. */
  static BatchOutput of(PrintWriter out) {
    return new BatchOutput(null, out);
  }

  private BatchOutput(@Nullable RandomAccessFile file, PrintWriter out) {
    this.file = file;
    this.out = out;
  }

  private void readAnswered(Path path) throws IOException {
    try (Stream<String> lines = Files.lines(path)) {
      for (String line : (Iterable<String>) lines::iterator) {
        JsonNode row = parse(line);
        if (row != null && row.hasNonNull("key") && !row.hasNonNull("error")) {
          answered.add(row.path("key").asText());
        }
      }
    }
  }

  private static void dropCutOffLine(RandomAccessFile file, Path path) throws IOException {
    long end = lastLine(file);
    file.seek(end);
    if (end < file.length() && file.read() != BEGIN) {
      throw OwlException.badInput("--output", path + " does not end as answers do");
    }
    file.setLength(end);
  }

  private static @Nullable JsonNode parse(String line) {
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

  /** Keeps what was made of a row's images: float32, little-endian, as Base64. */
  void encoded(
      BatchRow.Loaded row,
      String key,
      OutputKind kind,
      List<EncodedImage> encoded,
      List<String> weights)
      throws IOException {
    ObjectNode line = line(row.row(), key, row.digests()).put("encoding", kind.flag());
    ArrayNode all = line.putArray("visual");
    for (EncodedImage one : encoded) {
      ObjectNode tensor = all.addObject();
      one.shape().forEach(tensor.putArray("shape")::add);
      tensor.put("float32", one.floats().toByteArray());
    }
    weights.forEach(line.putArray("weights")::add);
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

  /** On standard output: what answers, of which keys are made. */
  synchronized void model(String model, List<String> weights) {
    if (file == null) {
      ObjectNode line = JSON.createObjectNode().put("model", model);
      weights.forEach(line.putArray("weights")::add);
      out.println(line);
      out.flush();
    }
  }

  private synchronized void write(ObjectNode line, String key) throws IOException {
    if (file == null) {
      out.println(line);
      out.flush();
    } else {
      file.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    }
    if (file != null && !key.isEmpty()) {
      answered.add(key);
    }
  }

  @Override
  public synchronized void close() {
    try {
      if (file != null) {
        file.close();
      }
    } catch (IOException e) {
      throw OwlException.badInput("--output", String.valueOf(e.getMessage()));
    }
  }
}
