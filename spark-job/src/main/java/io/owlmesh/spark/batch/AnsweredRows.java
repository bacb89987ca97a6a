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
  private final ReasonCounts counts;
  private final int window;
  private final Map<Long, Row> asked = new HashMap<>();
  private long last;
  private boolean ended;

  /**
   * @param window rows at most that were sent and have not come back
   */
  AnsweredRows(Iterator<Row> rows, AskProcess process, ReasonCounts counts, int window) {
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
        asked.put(++last, row);
        process.ask(last, row.getAs("question"), images(row));
      }
      if (!ended && !rows.hasNext()) {
        ended = true;
        process.end();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return !asked.isEmpty();
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
    return AnswerRows.of(row, answer);
  }

  /** As {@code ./owl batch} counts it. */
  private static String reason(JsonNode answer) {
    if (answer.hasNonNull("answer")) {
      return "answered";
    }
    String error = answer.path("error").asText();
    return error.equals("IMAGE") ? "image cannot be read" : error;
  }
}
