// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.spark;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Reads what a process says, line by line, in a thread of its own. */
public final class LineReader {
  private LineReader() {}

  /** Begins to read; the thread ends with the stream. */
  public static Thread start(InputStream from, Consumer<String> to) {
    Thread thread = new Thread(() -> read(from, to), "lines of a process");
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private static void read(InputStream from, Consumer<String> to) {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(from, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        to.accept(line);
      }
    } catch (IOException gone) {
      // The process was ended.
    }
  }
}
