// SPDX-License-Identifier: Apache-2.0
package io.owlmesh.orchestrator.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jdbi.v3.core.statement.PreparedBatch;

/** What was done, in a table to which rows are only added, until they are too old. */
public final class AuditStore {
  private static final int PAGE = 500;

  private final Database database;

  AuditStore(Database database) {
    this.database = database;
  }

  /**
   * Which rows are asked for; empty texts for all.
   *
   * @param most rows, the latest ones
   */
  public record Filter(Instant since, String tenant, String caller, int most) {}

  /** Adds rows, in one transaction. */
  public void add(List<AuditRow> rows) {
    database.transact(row -> {
      PreparedBatch batch =
          row.prepareBatch(
              """
              INSERT INTO audit (made_at, tenant, caller, method, session_id, trace_id, images,
                prompt_tokens, answer_tokens, outcome)
              VALUES (:time, :tenant, :caller, :method, :session, :trace, :images, :prompt, :answer,
                :outcome)
              """);
      for (AuditRow one : rows) {
        batch
            .bind("time", Rows.time(one.time()))
            .bind("tenant", one.tenant())
            .bind("caller", one.caller())
            .bind("method", one.method())
            .bind("session", one.session())
            .bind("trace", one.traceId())
            .bind("images", String.join(",", one.images()))
            .bind("prompt", one.promptTokens())
            .bind("answer", one.answerTokens())
            .bind("outcome", one.outcome())
            .add();
      }
      return batch.execute();
    });
  }

  /** Tells rows, the latest first. */
  public void list(Filter filter, Consumer<AuditRow> each) {
    long before = Long.MAX_VALUE;
    int left = filter.most();
    while (left > 0) {
      List<Numbered> page = page(filter, before, Math.min(left, PAGE));
      page.forEach(one -> each.accept(one.row()));
      left = page.size() < PAGE ? 0 : left - page.size();
      before = page.isEmpty() ? 0 : page.getLast().number();
    }
  }

  private record Numbered(long number, AuditRow row) {}

  private List<Numbered> page(Filter filter, long before, int size) {
    String where =
        (filter.tenant().isEmpty() ? "" : " AND tenant = :tenant")
            + (filter.caller().isEmpty() ? "" : " AND caller = :caller");
    return database.transact(row -> {
      var query =
          row.createQuery(
                  "SELECT * FROM audit WHERE number < :before AND made_at >= :since"
                      + where
                      + " ORDER BY number DESC LIMIT :size")
              .bind("before", before)
              .bind("since", Rows.time(filter.since()))
              .bind("size", size);
      if (!filter.tenant().isEmpty()) {
        query.bind("tenant", filter.tenant());
      }
      if (!filter.caller().isEmpty()) {
        query.bind("caller", filter.caller());
      }
      return query.map((result, _) -> new Numbered(result.getLong("number"), row(result))).list();
    });
  }

  private static AuditRow row(ResultSet row) throws SQLException {
    String images = row.getString("images");
    return new AuditRow(
        row.getObject("made_at", OffsetDateTime.class).toInstant(),
        row.getString("tenant"),
        row.getString("caller"),
        row.getString("method"),
        row.getString("session_id"),
        row.getString("trace_id"),
        Stream.of(images.split(",", -1)).filter(digest -> !digest.isEmpty()).toList(),
        row.getLong("prompt_tokens"),
        row.getLong("answer_tokens"),
        row.getString("outcome"));
  }

  /** Deletes rows that are too old; how many. */
  public int forget(Instant before) {
    return database.transact(row ->
        row.createUpdate("DELETE FROM audit WHERE made_at < :before")
            .bind("before", Rows.time(before))
            .execute());
  }
}
