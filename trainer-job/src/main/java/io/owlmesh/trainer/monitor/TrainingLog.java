// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.trainer.monitor;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** A file of one JSON object a step. */
public final class TrainingLog implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final ObjectWriter WRITER = JSON.writer();
  private static final ObjectReader READER = JSON.readerFor(StepReport.class);

  private final BufferedWriter out;

  private TrainingLog(BufferedWriter out) {
    this.out = out;
  }

  /**
   * Opens a log to go on after a step; what it holds of later ones, which will come again, is
   * dropped.
   *
   * @param step the last one that counts; 0 to begin anew
   */
  public static TrainingLog openAt(Path file, long step) throws IOException {
    List<String> kept = new ArrayList<>();
    for (StepReport report : read(file)) {
      if (report.step() <= step) {
        kept.add(WRITER.writeValueAsString(report));
      }
    }
    Path partial = file.resolveSibling(file.getFileName() + ".partial");
    Files.write(partial, kept);
    Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    return new TrainingLog(Files.newBufferedWriter(file, StandardOpenOption.APPEND));
  }

  /** The steps of a log, but for a last line that a kill cut off. */
  public static List<StepReport> read(Path file) throws IOException {
    List<StepReport> reports = new ArrayList<>();
    if (!Files.exists(file)) {
      return reports;
    }
    for (String line : Files.readAllLines(file)) {
      if (line.endsWith("}")) {
        reports.add(READER.readValue(line));
      }
    }
    return reports;
  }

  /** Writes a step, at once. */
  public void append(StepReport report) throws IOException {
    out.write(WRITER.writeValueAsString(report));
    out.newLine();
    out.flush();
  }

  @Override
  public void close() throws IOException {
    out.close();
  }
}
