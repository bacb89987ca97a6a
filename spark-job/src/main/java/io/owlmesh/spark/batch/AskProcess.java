// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.spark.batch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.owlmesh.spark.LineReader;
import io.owlmesh.spark.OwlProcess;
import io.owlmesh.spark.Tail;
import io.owlmesh.spark.batch.BatchSettings.Call;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.spark.TaskContext;
import org.apache.spark.TaskKilledException;
import org.jspecify.annotations.Nullable;

/** A process of {@code owl batch}: questions go in, answers come out in the order of their ends. */
final class AskProcess implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** What comes after the last line, and is none of JSON. */
  private static final String END = "";

  private static final int LOOK_MILLIS = 100;
  private static final int ENDING_SECONDS = 10;

  private final Process process;
  private final OutputStream in;
  private final long begun = System.nanoTime();
  private long last;
  private final Path folder;
  private final Tail said = new Tail();
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();

  AskProcess(Call call) throws IOException {
    folder = Files.createTempDirectory("owl-batch");
    process = OwlProcess.builder(call.home(), call.home(), call.command(), Map.of()).start();
    in = process.getOutputStream();
    var unused = LineReader.start(process.getErrorStream(), said::add);
    Thread reader = LineReader.start(process.getInputStream(), lines::add);
    Thread end =
        new Thread(
            () -> {
              try {
                reader.join();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              lines.add(END);
            },
            "end of a process");
    end.setDaemon(true);
    end.start();
  }

  /**
   * The digest of weights and options that keys are made of, which the process tells first.
   *
   * @throws IllegalStateException with its own words if it ended instead
   */
  String model() {
    return next().path("model").asText();
  }

  /** Fails if another model answers than when the run began. */
  void requireModel(String expected) {
    if (!model().equals(expected)) {
      throw new IllegalStateException("the mesh's weights changed; start the command again");
    }
  }

  /**
   * Sends a question.
   *
   * @param images paths, or bytes that are put into files for as long as they are needed
   * @return number of the row within this process, from 1
   */
  long ask(String question, List<?> images) throws IOException {
    long number = ++last;
    ObjectNode line = JSON.createObjectNode().put("question", question);
    ArrayNode paths = line.putArray("image");
    for (int i = 0; i < images.size(); i++) {
      if (images.get(i) instanceof byte[] bytes) {
        paths.add(Files.write(folder.resolve(number + "." + i), bytes).toString());
      } else {
        paths.add(String.valueOf(images.get(i)));
      }
    }
    in.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    in.flush();
    return number;
  }

  /** Forgets the images of a row that has come to its end. */
  void forget(long number, int images) throws IOException {
    for (int i = 0; i < images; i++) {
      Files.deleteIfExists(folder.resolve(number + "." + i));
    }
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Nanoseconds since it began. */
  long age() {
    return System.nanoTime() - begun;
  }

  /**
   * Waits for the next line.
   *
   * @throws IllegalStateException with its own words if the process ended
   */
  JsonNode next() {
    try {
      @Nullable String line = null;
      while (line == null) {
        TaskContext task = TaskContext.get();
        if (task != null && task.isInterrupted()) {
          throw new TaskKilledException("the task was ended");
        }
        line = lines.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      }
      if (line.equals(END)) {
        throw new IllegalStateException("owl batch ended: " + said);
      }
      return JSON.readTree(line);
    } catch (IOException e) {
      throw new IllegalStateException("owl batch said what is no JSON", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TaskKilledException("interrupted");
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      var unused = process.waitFor(ENDING_SECONDS, TimeUnit.SECONDS);
      try (Stream<Path> left = Files.list(folder)) {
        for (Path file : (Iterable<Path>) left::iterator) {
          Files.deleteIfExists(file);
        }
      }
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      // What is left lies in the folder for such things.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
