// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.owlmesh.core.OwlException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** llama.cpp in a process of Node's, with a model loaded. */
final class LlamaPeer implements AutoCloseable {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String SCRIPT = "llama-peer.mjs";

  private final Path script;
  private final Process process;
  private final BufferedReader answers;
  private final Writer questions;
  private final String name;

  /**
   * Starts it.
   *
   * @param folder where {@code npm install node-llama-cpp} was run
   * @param sequences the most at a time
   * @param positions of each
   * @throws OwlException BAD_INPUT if it does not start
   */
  LlamaPeer(Path folder, Path model, int threads, int sequences, int positions) throws IOException {
    script = Files.createTempFile("owl-peer", ".mjs");
    try (InputStream in = LlamaPeer.class.getResourceAsStream(SCRIPT)) {
      if (in == null) {
        throw new IllegalStateException(SCRIPT + " is not on the class path");
      }
      Files.write(script, in.readAllBytes());
    }
    process =
        new ProcessBuilder(
                "node",
                script.toString(),
                folder.toAbsolutePath().toString(),
                model.toString(),
                Integer.toString(threads),
                Integer.toString(sequences),
                Integer.toString(positions))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    answers = process.inputReader();
    questions = process.outputWriter();
    name = read().path("ready").asText();
  }

  private JsonNode read() throws IOException {
    for (String line = answers.readLine(); line != null; line = answers.readLine()) {
      // The library may print more than the script does.
      if (line.startsWith("{")) {
        return JSON.readTree(line);
      }
    }
    throw OwlException.badInput("llama-cpp", "node ended; what it said stands above");
  }

  /** What it calls itself. */
  String name() {
    return name;
  }

  /** Greedy answers to prompts never seen before: when the tokens of each came. */
  PeerTimes ask(int sequences, int prompt, int tokens) throws IOException {
    Map<String, Integer> question =
        Map.of("sequences", sequences, "prompt", prompt, "tokens", tokens);
    questions.write(JSON.writeValueAsString(question) + "\n");
    questions.flush();
    List<List<Double>> times = new ArrayList<>();
    for (JsonNode sequence : read().path("times")) {
      List<Double> own = new ArrayList<>();
      sequence.forEach(time -> own.add(time.asDouble()));
      times.add(own);
    }
    return new PeerTimes(prompt, times);
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
      Files.deleteIfExists(script);
    } catch (InterruptedException interrupted) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    } catch (IOException left) {
      // A file in the place for temporary ones.
    }
  }
}
