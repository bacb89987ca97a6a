// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.spark.batch;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.apache.spark.sql.Row;

/** Rows as they are answered; few are held at a time. */
final class AnsweredRows implements Iterator<Row> {
  private final Iterator<Row> rows;
  private final AskProcess process;
  private final boolean encodes;
  private final ReasonCounts counts;
  private final int window;
  private final Map<Long, Row> asked = new HashMap<>();
  private boolean done;

  /**
   * @param encodes whether numbers come, in place of answers
   * @param window rows at most that were sent and have not come back
   */
  AnsweredRows(
      Iterator<Row> rows, AskProcess process, boolean encodes, ReasonCounts counts, int window) {
    this.encodes = encodes;
    this.rows = rows;
    this.process = process;
    this.counts = counts;
    this.window = window;
  }

  @Override
  public boolean hasNext() {
    try {
      while (asked.size() < window && rows.hasNext()) {
        Row row = rows.next();
        asked.put(process.ask(row.getAs("question"), images(row)), row);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    done = asked.isEmpty();
    return !done;
  }

  /** Whether all came back. */
  boolean isDone() {
    return done;
  }

  private static List<?> images(Row row) {
    return row.getList(row.fieldIndex("owl_images"));
  }

  @Override
  public Row next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    JsonNode answer = process.next();
    long number = answer.path("row").asLong();
    Row row = Objects.requireNonNull(asked.remove(number), () -> "owl batch: row " + number);
    try {
      process.forget(number, images(row).size());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    counts.add(reason(answer));
    return AnswerRows.of(row, answer, encodes);
  }

  /** As {@code ./owl batch} counts it. */
  private static String reason(JsonNode answer) {
    if (!answer.hasNonNull("error")) {
      return "answered";
    }
    String error = answer.path("error").asText();
    return error.equals("IMAGE") ? "image cannot be read" : error;
  }
}
